"""The PROXY header, both versions: a client's address, a wait for more, or one kind of error."""

from __future__ import annotations

import ipaddress

from parlor.model.errors import WireError
from parlor.wire.proxy import may_be_header, parse_header
from parlor.wire.proxy.header import LOCAL_SOCKET, MAX_V2_BYTES

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
SEEDS = [
    b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\nGET / HTTP/1.1\r\n",
    b"PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 4711 80\r\n",
    b"PROXY UNKNOWN whatever\r\n",
    _SIGNATURE + b"\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x12\x67\x00\x50rest",
    _SIGNATURE + b"\x21\x21\x00\x29" + bytes(36) + b"\x04\x00\x02ab",
    _SIGNATURE + b"\x21\x31\x00\xd8" + bytes(216),
    _SIGNATURE + b"\x20\x00\x00\x00",
]


def check(data: bytes) -> None:
    try:
        found = parse_header(data)
    except WireError:
        return
    assert may_be_header(data[:5])
    if found is None:
        assert len(data) < MAX_V2_BYTES
        return
    assert 0 < found.size <= len(data)
    assert found == parse_header(data[: found.size])
    assert parse_header(data[: found.size - 1]) is None
    if found.address not in (None, LOCAL_SOCKET):
        ipaddress.ip_address(found.address)
