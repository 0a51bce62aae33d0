"""The values of STUN attributes: bytes to values and back (RFC 8489 §14, RFC 8445 §16.1).

`stun` puts them into messages. A value of the wrong length, a text that is not UTF-8 or one over
its limit raises Malformed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from parlor.wire.webrtc.malformed import Malformed, Reason

MAGIC_COOKIE = 0x2112A442
MAX_USERNAME_BYTES = 508
"""RFC 8489 §14.3: less than 509."""
MAX_TEXT_BYTES = 763
"""SOFTWARE, REALM, NONCE and the phrase of an error (§14.8 to §14.10, §14.14)."""

_COOKIE = MAGIC_COOKIE.to_bytes(4)
_IPV4, _IPV6 = 1, 2


class Attribute(IntEnum):
    """Types up to 0x7fff must be understood by whoever gets them; the others may be ignored."""

    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    REALM = 0x0014
    NONCE = 0x0015
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029
    ICE_CONTROLLING = 0x802A


class Address(NamedTuple):
    """A host, in the shortest form of its family, and a port."""

    host: str
    port: int


class StunError(NamedTuple):
    """An ERROR-CODE: 300 to 699 and a phrase for people (§14.8)."""

    code: int
    phrase: str = ""


def parse_xor_address(value: bytes, transaction: bytes) -> Address:
    """XOR-MAPPED-ADDRESS and its kin (§14.2). `transaction`: the 12 bytes of the message."""
    if len(value) < 4:
        raise Malformed(Reason.LENGTH, "an address of less than four bytes")
    pad = _COOKIE + transaction
    port = int.from_bytes(value[2:4]) ^ MAGIC_COOKIE >> 16
    match value[1], len(value):
        case (1, 8) | (2, 20):
            return Address(str(ipaddress.ip_address(_xor(value[4:], pad))), port)
        case (1, _) | (2, _):
            raise Malformed(Reason.LENGTH, f"an address attribute of {len(value)} bytes")
    raise Malformed(Reason.VALUE, f"an address of family {value[1]}")


def build_xor_address(address: Address, transaction: bytes) -> bytes:
    """Raises ValueError for a host that is no IP address."""
    ip = ipaddress.ip_address(address.host)
    family = _IPV4 if ip.version == 4 else _IPV6
    port = address.port ^ MAGIC_COOKIE >> 16
    return bytes([0, family]) + port.to_bytes(2) + _xor(ip.packed, _COOKIE + transaction)


def parse_error(value: bytes) -> StunError:
    """Only class and number count; the 21 reserved bits are ignored (§14.8)."""
    if len(value) < 4:
        raise Malformed(Reason.LENGTH, "an error code of less than four bytes")
    hundreds, number = value[2] & 7, value[3]
    if not 3 <= hundreds <= 6 or number > 99:
        raise Malformed(Reason.VALUE, f"the error code {hundreds}, {number}")
    return StunError(hundreds * 100 + number, parse_text(value[4:]))


def build_error(error: StunError) -> bytes:
    hundreds, number = divmod(error.code, 100)
    return bytes([0, 0, hundreds, number]) + build_text(error.phrase)


def parse_types(value: bytes) -> tuple[int, ...]:
    """UNKNOWN-ATTRIBUTES: the types that the other side did not understand (§14.13)."""
    if len(value) % 2:
        raise Malformed(Reason.LENGTH, "half an attribute type")
    return tuple(int.from_bytes(value[at : at + 2]) for at in range(0, len(value), 2))


def build_types(types: Sequence[int]) -> bytes:
    return b"".join(number.to_bytes(2) for number in types)


def parse_text(value: bytes, max_bytes: int = MAX_TEXT_BYTES) -> str:
    if len(value) > max_bytes:
        raise Malformed(Reason.TOO_BIG, f"a text of {len(value)} bytes")
    try:
        return value.decode()
    except UnicodeDecodeError as fault:
        raise Malformed(Reason.SYNTAX, "a text that is not UTF-8") from fault


def parse_username(value: bytes) -> str:
    return parse_text(value, MAX_USERNAME_BYTES)


def build_text(text: str, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """Raises ValueError for a text that the other side would refuse."""
    value = text.encode()
    if len(value) > max_bytes:
        raise ValueError(f"a text of {len(value)} bytes, over {max_bytes}")
    return value


def parse_priority(value: bytes) -> int:
    """32 bits (RFC 8445 §16.1)."""
    return _number(value, 4)


def parse_tie_breaker(value: bytes) -> int:
    """ICE-CONTROLLED and ICE-CONTROLLING: 64 bits (RFC 8445 §16.1)."""
    return _number(value, 8)


def parse_flag(value: bytes) -> bool:
    """USE-CANDIDATE: there or not, and nothing in it (RFC 8445 §16.1)."""
    if value:
        raise Malformed(Reason.LENGTH, "a flag with a value")
    return True


def _number(value: bytes, size: int) -> int:
    if len(value) != size:
        raise Malformed(Reason.LENGTH, f"a number of {len(value)} bytes instead of {size}")
    return int.from_bytes(value)


def _xor(value: bytes, pad: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(value, pad, strict=False))
