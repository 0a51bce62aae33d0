"""STUN messages (RFC 8489, and RFC 5389 before it): bytes to values and back, signed or not.

Owns the header, the attributes ICE needs, MESSAGE-INTEGRITY and FINGERPRINT. Transactions,
retransmission and what to answer are the business of whoever calls: ICE, and clients of STUN and
TURN servers. Attributes that are not read here stay as they came, in `others`.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

from parlor.wire.webrtc import stun_attributes as attributes
from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.stun_attributes import (
    MAGIC_COOKIE,
    MAX_USERNAME_BYTES,
    Address,
    Attribute,
    StunError,
)

T = TypeVar("T")

HEADER_BYTES = 20
TRANSACTION_BYTES = 12
MAX_MESSAGE_BYTES = 1_500
"""A message over UDP stays within one packet (§6.1); checks between browsers have about 120."""
MAX_ATTRIBUTES = 32
BINDING = 0x001

_COOKIE = MAGIC_COOKIE.to_bytes(4)
_INTEGRITY_BYTES = 4 + 20
_FINGERPRINT_BYTES = 4 + 4
_FINGERPRINT_PAD = 0x5354554E
_OPTIONAL = 0x8000


class Kind(IntEnum):
    """The class of a message (§5)."""

    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. What is None, False or empty is not in it.

    Of an attribute that comes twice the first counts (§14). What follows MESSAGE-INTEGRITY is not
    read, since nobody signed it (§14.5).
    """

    kind: Kind
    transaction: bytes
    """12 bytes; an answer has those of its request."""
    method: int = BINDING
    software: str | None = None
    priority: int | None = None
    use_candidate: bool = False
    ice_controlled: int | None = None
    ice_controlling: int | None = None
    username: str | None = None
    nonce: str | None = None
    realm: str | None = None
    xor_mapped_address: Address | None = None
    error: StunError | None = None
    unknown_attributes: tuple[int, ...] = ()
    others: tuple[tuple[int, bytes], ...] = ()
    """Type and value of all attributes that have no field above, in their order."""
    raw: bytes = field(default=b"", repr=False, compare=False)
    """What it was parsed from; empty for a message that was made here."""
    integrity_at: int = field(default=0, repr=False, compare=False)
    """Where MESSAGE-INTEGRITY begins in `raw`; 0 when there is none."""
    has_fingerprint: bool = field(default=False, repr=False, compare=False)
    """Whether it came with a FINGERPRINT, right or wrong."""

    @property
    def not_understood(self) -> tuple[int, ...]:
        """Types in `others` that forbid to go on: a request is answered with 420 and these in
        UNKNOWN-ATTRIBUTES, an answer or an indication is dropped (§6.3)."""
        return tuple(number for number, _ in self.others if number < _OPTIONAL)

    @property
    def is_signed(self) -> bool:
        """Whether MESSAGE-INTEGRITY is there; says nothing about whose it is."""
        return self.integrity_at > 0

    def check_integrity(self, key: bytes) -> None:
        """Refuse a parsed message that the owner of `key` did not sign (§14.5).

        `key`: the ICE password, or `long_term_key`. Raises Malformed: MISSING without
        MESSAGE-INTEGRITY (a request is then answered with 400), FORGED with another (401).
        """
        at = self.integrity_at
        if not at:
            raise Malformed(Reason.MISSING, "no MESSAGE-INTEGRITY")
        there = self.raw[at + 4 : at + _INTEGRITY_BYTES]
        if not hmac.compare_digest(_signature(self.raw[:at], key), there):
            raise Malformed(Reason.FORGED, "signed with another key")

    def check_fingerprint(self) -> None:
        """Refuse a parsed message without a right FINGERPRINT (§14.7): Malformed, MISSING or
        FORGED. ICE wants one in every message (RFC 8445 §7.1.1)."""
        if not self.has_fingerprint:
            raise Malformed(Reason.MISSING, "no FINGERPRINT")
        if _fingerprint(self.raw[:-_FINGERPRINT_BYTES]) != self.raw[-4:]:
            raise Malformed(Reason.FORGED, "a FINGERPRINT of other bytes")


def parse_message(data: bytes) -> Message:
    """Read one datagram. Raises Malformed; checks neither signature nor fingerprint."""
    kind, method = _parse_header(data)
    transaction = data[8:HEADER_BYTES]
    found: dict[int, bytes] = {}
    others: list[tuple[int, bytes]] = []
    integrity_at, has_fingerprint = 0, False
    for at, number, value in _attributes(data):
        if number == Attribute.FINGERPRINT:
            has_fingerprint = True
            if len(value) != 4 or at + _FINGERPRINT_BYTES != len(data):
                raise Malformed(Reason.LENGTH, "a FINGERPRINT of another size or place")
        elif integrity_at:
            continue
        elif number == Attribute.MESSAGE_INTEGRITY:
            if len(value) != 20:
                raise Malformed(Reason.LENGTH, f"a MESSAGE-INTEGRITY of {len(value)} bytes")
            integrity_at = at
        elif number not in _READ:
            others.append((number, value))
        else:
            found.setdefault(number, value)
    return Message(
        kind=kind,
        transaction=transaction,
        method=method,
        software=_read(found, Attribute.SOFTWARE, attributes.parse_text),
        priority=_read(found, Attribute.PRIORITY, attributes.parse_priority),
        use_candidate=_read(found, Attribute.USE_CANDIDATE, attributes.parse_flag) or False,
        ice_controlled=_read(found, Attribute.ICE_CONTROLLED, attributes.parse_tie_breaker),
        ice_controlling=_read(found, Attribute.ICE_CONTROLLING, attributes.parse_tie_breaker),
        username=_read(found, Attribute.USERNAME, attributes.parse_username),
        nonce=_read(found, Attribute.NONCE, attributes.parse_text),
        realm=_read(found, Attribute.REALM, attributes.parse_text),
        xor_mapped_address=_read(
            found,
            Attribute.XOR_MAPPED_ADDRESS,
            lambda value: attributes.parse_xor_address(value, transaction),
        ),
        error=_read(found, Attribute.ERROR_CODE, attributes.parse_error),
        unknown_attributes=_read(found, Attribute.UNKNOWN_ATTRIBUTES, attributes.parse_types) or (),
        others=tuple(others),
        raw=data,
        integrity_at=integrity_at,
        has_fingerprint=has_fingerprint,
    )


def build_message(message: Message, *, key: bytes | None = None, fingerprint: bool = True) -> bytes:
    """The bytes of a message, signed when there is a `key`.

    `raw` and a signature that the message came with are not used. Raises ValueError for a value or
    a message that the other side would refuse, OverflowError for a number of too many bits.
    """
    body = bytearray()
    for number, value in _values(message):
        body += number.to_bytes(2) + len(value).to_bytes(2) + value + bytes(-len(value) % 4)
    bits = message.method
    kind = (message.kind & 1) << 4 | (message.kind & 2) << 7
    first = (bits & 0xF80) << 2 | (bits & 0x70) << 1 | bits & 0xF | kind
    if len(message.transaction) != TRANSACTION_BYTES or not 0 <= bits <= 0xFFF:
        raise ValueError("a transaction of 12 bytes and a method of 12 bits are needed")
    data = first.to_bytes(2) + len(body).to_bytes(2) + _COOKIE + message.transaction + bytes(body)
    if key is not None:
        data = _with_length(data, _INTEGRITY_BYTES) + b"\0\x08\0\x14" + _signature(data, key)
    if fingerprint:
        data = _with_length(data, _FINGERPRINT_BYTES) + b"\x80\x28\0\x04" + _fingerprint(data)
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message of {len(data)} bytes")
    return data


def long_term_key(username: str, realm: str, password: str) -> bytes:
    """The key of long-term credentials (§9.2.2), for `check_integrity` and `build_message`.

    The caller has prepared the texts (SASLprep); ASCII without control characters stays as it is.
    """
    text = f"{username}:{realm}:{password}".encode()
    return hashlib.md5(text, usedforsecurity=False).digest()


def _parse_header(data: bytes) -> tuple[Kind, int]:
    """Class and method, whose bits lie between each other (§5)."""
    if len(data) < HEADER_BYTES:
        raise Malformed(Reason.CUT_OFF, "less than a STUN header")
    if len(data) > MAX_MESSAGE_BYTES:
        raise Malformed(Reason.TOO_BIG, f"a STUN message of {len(data)} bytes")
    first = int.from_bytes(data[:2])
    if first & 0xC000 or data[4:8] != _COOKIE:
        raise Malformed(Reason.VERSION, "no magic cookie")
    size = HEADER_BYTES + int.from_bytes(data[2:4])
    if size > len(data):
        raise Malformed(Reason.CUT_OFF, f"{len(data)} of {size} bytes")
    if size < len(data) or size % 4:
        raise Malformed(Reason.LENGTH, f"{len(data)} bytes, of which {size} are announced")
    kind = Kind(first >> 4 & 1 | first >> 7 & 2)
    return kind, first & 0xF | first >> 1 & 0x70 | first >> 2 & 0xF80


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where each begins, its type and its value, without the padding: any bytes may be in that."""
    at, count = HEADER_BYTES, 0
    while at < len(data):
        count += 1
        if count > MAX_ATTRIBUTES:
            raise Malformed(Reason.TOO_MANY, f"more than {MAX_ATTRIBUTES} attributes")
        number, size = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        end = at + 4 + size
        if end > len(data):
            raise Malformed(Reason.CUT_OFF, f"an attribute of {size} bytes")
        yield at, number, data[at + 4 : end]
        at = end + -size % 4


_READ = frozenset(Attribute) - {Attribute.MESSAGE_INTEGRITY, Attribute.FINGERPRINT}


def _read(found: dict[int, bytes], number: int, parse: Callable[[bytes], T]) -> T | None:
    value = found.get(number)
    return None if value is None else parse(value)


def _values(message: Message) -> Iterator[tuple[int, bytes]]:
    """In the order of RFC 5769's samples."""
    if message.software is not None:
        yield Attribute.SOFTWARE, attributes.build_text(message.software)
    if message.priority is not None:
        yield Attribute.PRIORITY, message.priority.to_bytes(4)
    if message.use_candidate:
        yield Attribute.USE_CANDIDATE, b""
    if message.ice_controlled is not None:
        yield Attribute.ICE_CONTROLLED, message.ice_controlled.to_bytes(8)
    if message.ice_controlling is not None:
        yield Attribute.ICE_CONTROLLING, message.ice_controlling.to_bytes(8)
    if message.username is not None:
        yield Attribute.USERNAME, attributes.build_text(message.username, MAX_USERNAME_BYTES)
    if message.nonce is not None:
        yield Attribute.NONCE, attributes.build_text(message.nonce)
    if message.realm is not None:
        yield Attribute.REALM, attributes.build_text(message.realm)
    if message.xor_mapped_address is not None:
        address = attributes.build_xor_address(message.xor_mapped_address, message.transaction)
        yield Attribute.XOR_MAPPED_ADDRESS, address
    if message.error is not None:
        yield Attribute.ERROR_CODE, attributes.build_error(message.error)
    if message.unknown_attributes:
        yield Attribute.UNKNOWN_ATTRIBUTES, attributes.build_types(message.unknown_attributes)
    yield from message.others


def _with_length(data: bytes, more: int) -> bytes:
    """With the length of a message that has `more` bytes behind these (§14.5, §14.7)."""
    return data[:2] + (len(data) - HEADER_BYTES + more).to_bytes(2) + data[4:]


def _signature(before: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _with_length(before, _INTEGRITY_BYTES), "sha1")


def _fingerprint(before: bytes) -> bytes:
    crc = zlib.crc32(_with_length(before, _FINGERPRINT_BYTES))
    return (crc ^ _FINGERPRINT_PAD).to_bytes(4)
