"""The server's half of the opening handshake (RFC 6455 §4.2).

Takes what an HTTP parser found and says whether it is a WebSocket handshake. Which origins,
paths and subprotocols are welcome is the caller's policy.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1

from parlor.model.errors import WireError
from parlor.wire.websocket.extensions import Extension, parse_extensions

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION = b"13"

_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_REASONS = {
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    426: b"Upgrade Required",
    503: b"Service Unavailable",
}

Headers = Sequence[tuple[bytes, bytes]]


def accept_key(key: bytes) -> bytes:
    """`Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (§4.2.2)."""
    return b64encode(sha1(key + GUID, usedforsecurity=False).digest())


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A correct handshake that waits for its answer."""

    key: bytes
    host: str
    origin: str | None
    """As the browser sent it; None from programs. `null` is a page without an origin."""
    offered: tuple[str, ...]
    """Subprotocols the client speaks, in its order of preference."""
    extensions: tuple[Extension, ...] = ()
    """What the client offers, in its order of preference."""

    def response(self, subprotocol: str | None = None, extra: Headers = ()) -> bytes:
        """The 101 answer. `subprotocol` must be one of `offered`, or a browser hangs up; so must
        an extension, which is one of the `extra` headers (`DeflateTerms.header`)."""
        if subprotocol is not None and subprotocol not in self.offered:
            raise ValueError(f"the client did not offer {subprotocol}")
        lines = [
            (b"Upgrade", b"websocket"),
            (b"Connection", b"Upgrade"),
            (b"Sec-WebSocket-Accept", accept_key(self.key)),
        ]
        if subprotocol is not None:
            lines.append((b"Sec-WebSocket-Protocol", subprotocol.encode("ascii")))
        return _head(b"101 Switching Protocols", [*lines, *extra])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it is no handshake. Write `response()`, then close."""

    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def response(self) -> bytes:
        body = self.reason.encode() + b"\n"
        return (
            _head(
                b"%d %s" % (self.status, _REASONS.get(self.status, b"Refused")),
                [
                    *self.headers,
                    (b"Content-Type", b"text/plain; charset=utf-8"),
                    (b"Content-Length", b"%d" % len(body)),
                    (b"Connection", b"close"),
                ],
            )
            + body
        )


def check_upgrade(method: str, http_version: str, headers: Headers) -> Upgrade | Refusal:
    """Is this request a WebSocket handshake?

    Header names in any case; one name may come in several lines where HTTP allows lists, so
    Firefox's `Connection: keep-alive, Upgrade` is as good as Chromium's `Upgrade`.
    """
    if method != "GET":
        return Refusal(405, "A WebSocket handshake is a GET.", ((b"Allow", b"GET"),))
    if http_version != "1.1":
        return Refusal(400, "A WebSocket handshake needs HTTP/1.1.")
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value.strip(b" \t"))
    if b"websocket" not in _list(found, b"upgrade", lower=True):
        return Refusal(
            426, "This is a WebSocket address.", ((b"Upgrade", b"websocket"), _version())
        )
    if b"upgrade" not in _list(found, b"connection", lower=True):
        return Refusal(400, "Connection does not name Upgrade.")
    for single in (b"host", b"sec-websocket-key", b"sec-websocket-version", b"origin"):
        if len(found.get(single, ())) > 1:
            return Refusal(400, f"{single.decode()} is there more than once.")
    if b"host" not in found:
        return Refusal(400, "Host is missing.")
    if found.get(b"sec-websocket-version") != [VERSION]:
        return Refusal(426, "Only version 13 is spoken here.", (_version(),))
    key = found.get(b"sec-websocket-key", [b""])[0]
    if not _is_key(key):
        return Refusal(400, "Sec-WebSocket-Key is not the base64 of 16 bytes.")
    offered = _list(found, b"sec-websocket-protocol")
    if len(set(offered)) != len(offered) or not all(map(_is_token, offered)):
        return Refusal(400, "Sec-WebSocket-Protocol is not a list of different names.")
    try:
        extensions = parse_extensions(found.get(b"sec-websocket-extensions", ()))
    except WireError as malformed:
        return Refusal(400, f"{malformed}.")
    origin = found.get(b"origin", [None])[0]
    return Upgrade(
        key=key,
        host=found[b"host"][0].decode("latin-1"),
        origin=None if origin is None else origin.decode("latin-1"),
        offered=tuple(name.decode("ascii") for name in offered),
        extensions=extensions,
    )


def choose_subprotocol(offered: Sequence[str], spoken: Sequence[str]) -> str | None:
    """The client's most wanted subprotocol among those spoken here; None when there is none."""
    return next((name for name in offered if name in spoken), None)


def _version() -> tuple[bytes, bytes]:
    return (b"Sec-WebSocket-Version", VERSION)


def _list(found: dict[bytes, list[bytes]], name: bytes, *, lower: bool = False) -> list[bytes]:
    joined = b",".join(found.get(name, ()))
    parts = (part.strip(b" \t") for part in (joined.lower() if lower else joined).split(b","))
    return [part for part in parts if part]


def _is_token(name: bytes) -> bool:
    return _TOKEN.issuperset(name)


def _is_key(key: bytes) -> bool:
    try:
        return len(key) == 24 and len(binascii.a2b_base64(key, strict_mode=True)) == 16
    except binascii.Error:
        return False


def _head(status: bytes, headers: Headers) -> bytes:
    """A response head. Raises ValueError when a header would break out of its line."""
    lines = [b"HTTP/1.1 " + status]
    for name, value in headers:
        if b"\r" in name + value or b"\n" in name + value:
            raise ValueError("a header with a line break")
        lines.append(name + b": " + value)
    return b"\r\n".join(lines) + b"\r\n\r\n"
