"""The records of DTLS as they lie in datagrams (RFC 6347 §4.1), seen from outside.

OpenSSL writes into a memory that forgets where datagrams end, and reads whatever it is given:
what goes in is looked at here, and what comes out is cut.
"""

from __future__ import annotations

MAX_DATAGRAM_BYTES = 1_200
"""Sent: what every path carries with the headers of IPv6 and a relay (RFC 8831 §5)."""
MAX_RECEIVED_BYTES = 2_048
"""More than any link carries in one piece."""

_HEADER_BYTES = 13
_CHANGE_CIPHER_SPEC, _HANDSHAKE = 20, 22


def is_record(datagram: bytes) -> bool:
    """Whether OpenSSL is to see it: it can begin with a record, and has a size for one."""
    return _HEADER_BYTES < len(datagram) <= MAX_RECEIVED_BYTES and 20 <= datagram[0] <= 63


def shakes_hands(datagram: bytes) -> bool:
    """Whether it begins with a record of a handshake (RFC 5246 §6.2.1), in clear or not."""
    return datagram[0] in (_CHANGE_CIPHER_SPEC, _HANDSHAKE)


def split_records(stream: bytes) -> list[bytes]:
    """Cut a stream of whole records into datagrams, each of as many records as fit into it."""
    datagrams: list[bytes] = []
    at = begin = 0
    while at < len(stream):
        size = _HEADER_BYTES + int.from_bytes(stream[at + 11 : at + 13])
        if at + size - begin > MAX_DATAGRAM_BYTES and at > begin:
            datagrams.append(stream[begin:at])
            begin = at
        at += size
    if begin < len(stream):
        datagrams.append(stream[begin:])
    return datagrams
