"""The PROXY protocol of HAProxy, versions 1 and 2: who is at the other end of the proxy.

Owns the bytes (haproxy.org, proxy-protocol.txt §2). Who may send such a header is the caller's
question: anybody can write one. Extensions (TLVs), the checksum among them, are skipped unread.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from parlor.model.address import plain_address
from parlor.model.close import CloseCode
from parlor.model.errors import WireError

MAX_V1_BYTES = 107
"""With its line break (§2.1): a longer line is no header."""
MAX_V2_BYTES = 8_192
"""The format allows 65,551; what proxies add, certificates included, fits in this."""
LOCAL_SOCKET = "local"
"""The address of a client that reached the proxy over a Unix socket."""

_V1 = b"PROXY "
_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_FIXED_BYTES = 16
_PORT = re.compile(r"(?:0|[1-9][0-9]{0,4})\Z")
_LOCAL, _PROXY = 0x20, 0x21
_UNSPECIFIED, _TCP4, _TCP6, _UNIX_STREAM = 0x00, 0x11, 0x21, 0x31
_ADDRESS_BYTES = {_UNSPECIFIED: 0, _TCP4: 12, _TCP6: 36, _UNIX_STREAM: 216}


@dataclass(frozen=True, slots=True)
class Announced:
    """A whole header: the first `size` bytes of the connection.

    `address` is the client's; None when the proxy speaks for itself (`LOCAL`, its health checks)
    or does not know (`UNKNOWN`): then the connection's own address counts (§2.1, §2.2).
    """

    address: str | None
    size: int


def may_be_header(data: bytes) -> bool:
    """Whether `data`, the first bytes of a connection, begin a header or can still do so."""
    return any(data.startswith(start[: len(data)]) for start in (_V1, _V2))


def parse_header(data: bytes) -> Announced | None:
    """Read the header at the front of `data`; None while it is not all there.

    Call with everything received so far. Raises WireError for anything that is no header, as
    soon as that can be seen, so nothing is ever awaited beyond MAX_V2_BYTES.
    """
    if not may_be_header(data):
        raise _wrong("no PROXY header")
    if data.startswith(_V1):
        return _parse_v1(data)
    if len(data) >= len(_V2):
        return _parse_v2(data)
    return None


def _parse_v1(data: bytes) -> Announced | None:
    end = data.find(b"\n", 0, MAX_V1_BYTES)
    if end < 0:
        if len(data) >= MAX_V1_BYTES:
            raise _wrong("an endless PROXY line")
        return None
    line = data[:end]
    if not line.endswith(b"\r"):
        raise _wrong("a PROXY line that does not end in CR LF")
    try:
        words = line[len(_V1) : -1].decode("ascii").split(" ")
    except UnicodeDecodeError as fault:
        raise _wrong("a PROXY line that is not ASCII") from fault
    if words[0] == "UNKNOWN":
        return Announced(None, end + 1)
    if len(words) != 5 or words[0] not in ("TCP4", "TCP6"):
        raise _wrong("a PROXY line of another form")
    version = 4 if words[0] == "TCP4" else 6
    source, _ = (_address(word, version) for word in words[1:3])
    for port in words[3:]:
        if not _PORT.match(port) or int(port) > 65_535:
            raise _wrong("a PROXY line without ports")
    return Announced(source, end + 1)


def _parse_v2(data: bytes) -> Announced | None:
    if len(data) > 12 and data[12] not in (_LOCAL, _PROXY):
        raise _wrong("a PROXY header of another version or command")
    if len(data) < _V2_FIXED_BYTES:
        return None
    size = _V2_FIXED_BYTES + int.from_bytes(data[14:16])
    if size > MAX_V2_BYTES:
        raise _wrong("a PROXY header over the limit")
    kind = data[13]
    if data[12] == _PROXY:
        # Datagrams (0x12, 0x22, 0x32) do not come over TCP; other values are reserved (§2.2).
        needed = _ADDRESS_BYTES.get(kind)
        if needed is None:
            raise _wrong(f"a PROXY header for addresses of kind {kind:#04x}")
        if size < _V2_FIXED_BYTES + needed:
            raise _wrong("a PROXY header without its addresses")
    if len(data) < size:
        return None
    if data[12] == _LOCAL or kind == _UNSPECIFIED:
        return Announced(None, size)
    if kind == _TCP4:
        return Announced(str(ipaddress.IPv4Address(data[16:20])), size)
    if kind == _TCP6:
        return Announced(plain_address(str(ipaddress.IPv6Address(data[16:32]))), size)
    return Announced(LOCAL_SOCKET, size)


def _address(word: str, version: int) -> str:
    try:
        ip = ipaddress.ip_address(word)
    except ValueError as fault:
        raise _wrong("a PROXY line without addresses") from fault
    if ip.version != version or "%" in word:
        raise _wrong("a PROXY line with addresses of another family")
    return plain_address(str(ip))


def _wrong(what: str) -> WireError:
    return WireError(what, close=CloseCode.PROTOCOL_ERROR)
