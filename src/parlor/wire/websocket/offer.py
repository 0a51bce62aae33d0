"""The client's half of the opening handshake (RFC 6455 §4.1): for the SDK, load tools, tests."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from parlor.model.errors import WireError
from parlor.wire.websocket.deflate_terms import OFFER, DeflateTerms, check_answer
from parlor.wire.websocket.extensions import parse_extensions
from parlor.wire.websocket.handshake import Headers, accept_key

MAX_ANSWER_BYTES = 16_384

_ONCE = frozenset({b"sec-websocket-accept", b"sec-websocket-protocol"})
"""What may stand in one line only (§11.3.3, §11.3.4)."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The server agreed; `rest` are its first bytes of frames."""

    subprotocol: str | None
    rest: bytes
    deflate: DeflateTerms | None = None
    """Set when messages may be compressed, both ways."""


def build_offer(
    host: str,
    path: str,
    nonce: bytes,
    *,
    subprotocols: Sequence[str] = (),
    headers: Headers = (),
    deflate: bool = False,
) -> bytes:
    """The request. `host` with its port unless that is the default one; `nonce`: 16 random bytes,
    which `parse_answer` wants to see again, as it does `deflate`: whether to offer compression."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {b64encode(nonce).decode()}",
        "Sec-WebSocket-Version: 13",
    ]
    if subprotocols:
        lines.append("Sec-WebSocket-Protocol: " + ", ".join(subprotocols))
    if deflate:
        headers = [*headers, OFFER]
    lines += [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in headers]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def parse_answer(
    data: bytes, nonce: bytes, subprotocols: Sequence[str] = (), *, deflate: bool = False
) -> Agreement | None:
    """What the server answered; None while the head is not all there.

    Call with everything received so far. Raises WireError when the server refused or is no
    WebSocket server; the message has the status line.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        if len(data) > MAX_ANSWER_BYTES:
            raise WireError("an endless answer to the handshake")
        return None
    status, *lines = head.split(b"\r\n")
    parts = status.split(b" ", 2)
    if parts[0] != b"HTTP/1.1" or parts[1:2] != [b"101"]:
        raise WireError(f"no WebSocket here: {status[:100].decode('latin-1')}")
    found: dict[bytes, bytes] = {}
    extensions: list[bytes] = []
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        if name == b"sec-websocket-extensions":
            extensions.append(value.strip(b" \t"))
        elif name in found and name in _ONCE:
            raise WireError(f"{name.decode()} is there more than once")
        found[name] = value.strip()
    connection = [part.strip() for part in found.get(b"connection", b"").lower().split(b",")]
    if found.get(b"upgrade", b"").lower() != b"websocket" or b"upgrade" not in connection:
        raise WireError("the answer does not upgrade to WebSocket")
    if found.get(b"sec-websocket-accept") != accept_key(b64encode(nonce)):
        raise WireError("the answer is to another handshake")
    if extensions and not deflate:
        raise WireError("the server agreed to an extension that was not offered")
    terms = check_answer(parse_extensions(extensions))
    chosen = found.get(b"sec-websocket-protocol")
    subprotocol = None if chosen is None else chosen.decode("latin-1")
    if subprotocol is not None and subprotocol not in subprotocols:
        raise WireError("the server chose a subprotocol that was not offered")
    return Agreement(subprotocol, rest, terms)
