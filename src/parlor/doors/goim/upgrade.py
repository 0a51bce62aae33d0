"""The head of a WebSocket request as goim takes it: exactly `/sub`, or no answer at all.

goim sends no HTTP error for anything that is wrong with it: it closes (goim §2.5). Origins are
looked at only where the operator names some: no cookie lets anybody in here, the login in the
first frame does.
"""

from __future__ import annotations

from collections.abc import Iterable

from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.model.origins import Origins
from parlor.wire.websocket import Refusal, check_upgrade

MAX_HEAD_BYTES = 8192
PATH = "/sub"
_END = b"\r\n\r\n"


def take_head(buffer: bytearray) -> bytes | None:
    """Cut the request head off the front of `buffer`; None until it is whole.

    Raises WireError when it is longer than MAX_HEAD_BYTES.
    """
    end = buffer.find(_END, 0, MAX_HEAD_BYTES)
    if end < 0:
        if len(buffer) >= MAX_HEAD_BYTES:
            raise WireError("The request head is too long.", close=CloseCode.TOO_BIG)
        return None
    head = bytes(buffer[:end])
    del buffer[: end + len(_END)]
    return head


def answer_upgrade(head: bytes, origins: Origins | None = None) -> bytes:
    """The 101 response to `head`. Raises WireError when goim would just close.

    `origins` None lets every page in.
    """
    request, *lines = head.split(b"\r\n")
    method, _, rest = request.decode("latin-1").partition(" ")
    path, _, version = rest.partition(" HTTP/")
    if path != PATH:
        raise WireError("Only /sub is here.", close=CloseCode.PROTOCOL_ERROR)
    headers = _headers(lines)
    if origins is not None:
        origin, host = (_value(headers, name) for name in (b"origin", b"host"))
        if not origins.is_allowed(origin, host):
            raise WireError("Pages of this origin may not connect.", close=CloseCode.POLICY)
    upgrade = check_upgrade(method, version, headers)
    if isinstance(upgrade, Refusal):
        raise WireError("This is no WebSocket request.", close=CloseCode.PROTOCOL_ERROR)
    return upgrade.response()


def headers_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names are in lower case. Raises WireError."""
    return _headers(head.split(b"\r\n")[1:])


def _headers(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise WireError("A header line is malformed.", close=CloseCode.PROTOCOL_ERROR)
        headers.append((name.lower(), value.strip()))
    return headers


def _value(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in headers if key == name), None)
