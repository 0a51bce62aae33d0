"""STUN from strangers on the media port: a message, or one kind of error."""

from __future__ import annotations

import contextlib

from parlor.wire.webrtc.demux import Protocol, protocol_of
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.stun import (
    MAX_ATTRIBUTES,
    Kind,
    Message,
    build_message,
    parse_message,
)
from parlor.wire.webrtc.stun_attributes import StunError
from tests.support.stun_samples import PASSWORD, SAMPLES

SEEDS = [
    *SAMPLES,
    build_message(
        Message(kind=Kind.REQUEST, transaction=b"t" * 12, use_candidate=True, ice_controlling=7)
    ),
    build_message(
        Message(
            kind=Kind.ERROR,
            transaction=b"t" * 12,
            error=StunError(420, "Unknown Attribute"),
            unknown_attributes=(0x7FFF, 1),
            others=((0x4001, b"abc"), (0xC057, b"\0\1\0\0")),
        ),
        key=b"another",
    ),
]


def check(data: bytes) -> None:
    try:
        message = parse_message(data)
    except Malformed:
        return
    if message.method <= 0xFF:  # the others share no port with RTP (RFC 7983 §7)
        assert protocol_of(data) is Protocol.STUN
    assert len(message.others) <= MAX_ATTRIBUTES
    with contextlib.suppress(Malformed):
        message.check_fingerprint()
        assert data[-8:-4] == b"\x80\x28\0\4"
    with contextlib.suppress(Malformed):
        message.check_integrity(PASSWORD)
        assert message.is_signed
    # What could be read is what would be read again. A phrase or a type may be in it only once.
    with contextlib.suppress(ValueError):
        signed = parse_message(build_message(message, key=PASSWORD))
        assert signed == message
        signed.check_integrity(PASSWORD)
        signed.check_fingerprint()
