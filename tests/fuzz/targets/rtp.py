"""RTP from somebody whose keys fit: packets, extensions, retransmissions, redundant audio."""

from __future__ import annotations

import contextlib

from parlor.wire.webrtc.extension_kinds import (
    parse_audio_level,
    parse_mid,
    parse_orientation,
    parse_rid,
    parse_send_time,
    parse_transport_seq,
)
from parlor.wire.webrtc.header_extensions import (
    build_extensions,
    parse_extensions,
    value_offset,
)
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.red import build_red, parse_red
from parlor.wire.webrtc.rtp import RtpPacket, build_packet, parse_packet, with_extensions
from parlor.wire.webrtc.rtx import unwrap_lost, wrap_lost

_KINDS = (
    parse_audio_level,
    parse_mid,
    parse_orientation,
    parse_rid,
    parse_send_time,
    parse_transport_seq,
)
SEEDS = [
    bytes(
        build_packet(
            111,
            65_535,
            960,
            7,
            bytes.fromhex("ef0f0003 6f 010203 0405"),
            marker=True,
            sources=(1, 2),
            extensions=build_extensions({1: b"\x94", 3: b"\x12\x34", 4: b"0", 10: b"hi"}),
            padding=4,
        )
    ),
    bytes(build_packet(97, 1, 2, 3, b"\x12\x34Hello", extensions=build_extensions({20: b""}))),
    bytes(build_packet(97, 1, 2, 3, padding=255)),
    bytes.fromhex("90600001 00000002 00000003 bede0002 10aa f3 21 bbcc 0000"),
    bytes.fromhex("90600001 00000002 00000003 100f0002 0103aa bbcc 00 02 05"),
]


def check(data: bytes) -> None:
    try:
        packet = parse_packet(data)
    except Malformed:
        return
    assert 12 <= packet.payload_at <= packet.payload_end <= len(data)
    _check_extensions(packet)
    _check_retransmission(packet)
    with contextlib.suppress(Malformed):
        assert build_red(parse_red(packet.payload)) == packet.payload


def _check_extensions(packet: RtpPacket) -> None:
    try:
        values = parse_extensions(packet)
    except Malformed:
        return
    for number, value in values.items():
        at = value_offset(values, number)
        assert build_extensions(values)[at : at + len(value)] == value
        for parse in _KINDS:
            with contextlib.suppress(Malformed):
                parse(value)
    again = parse_packet(bytes(with_extensions(packet, build_extensions(values))))
    assert parse_extensions(again) == values
    assert (again.payload, again.sources) == (packet.payload, packet.sources)


def _check_retransmission(packet: RtpPacket) -> None:
    wrapped = wrap_lost(packet, payload_type=97, seq=9, ssrc=2)
    back = unwrap_lost(
        parse_packet(bytes(wrapped)), payload_type=packet.payload_type, ssrc=packet.ssrc
    )
    assert back is not None
    restored = parse_packet(bytes(back))
    assert (restored.payload, restored.seq) == (packet.payload, packet.seq)
    with contextlib.suppress(Malformed):
        found = unwrap_lost(packet, payload_type=96, ssrc=1)
        assert (found is None) is (packet.payload == b"")
