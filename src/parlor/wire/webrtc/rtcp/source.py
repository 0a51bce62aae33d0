"""Who sends: SDES, BYE and APP (RFC 3550 §6.5 to §6.7). Bodies without their header."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.wire.webrtc.malformed import Malformed, Reason

CNAME = 1
MAX_TEXT_BYTES = 255
_END = 0


@dataclass(frozen=True, slots=True)
class SourceChunk:
    """What is said of one source: kinds and texts in order, `CNAME` among them."""

    ssrc: int
    items: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    chunks: tuple[SourceChunk, ...]


@dataclass(frozen=True, slots=True)
class Goodbye:
    """These sources end."""

    sources: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Application:
    """A program's own packet: `name` of four ASCII characters, `subtype` 0 to 31, whole words."""

    subtype: int
    ssrc: int
    name: bytes
    payload: bytes = b""


def parse_description(count: int, body: bytes) -> SourceDescription:
    chunks = []
    at = 0
    for _ in range(count):
        if at + 4 > len(body):
            raise Malformed(Reason.LENGTH, f"{count} chunks in {len(body)} bytes")
        ssrc = int.from_bytes(body[at : at + 4])
        items, at = _parse_items(body, at + 4)
        chunks.append(SourceChunk(ssrc, items))
    return SourceDescription(tuple(chunks))


def build_description(description: SourceDescription) -> bytes:
    body = bytearray()
    for chunk in description.chunks:
        body += chunk.ssrc.to_bytes(4)
        for kind, text in chunk.items:
            body.append(kind)
            body += _build_text(text)
        # At least one null ends the items, and fills the word (§6.5).
        body += bytes(4 - len(body) % 4)
    return bytes(body)


def parse_goodbye(count: int, body: bytes) -> Goodbye:
    at = count * 4
    if at > len(body):
        raise Malformed(Reason.LENGTH, f"{count} sources in {len(body)} bytes")
    sources = tuple(int.from_bytes(body[start : start + 4]) for start in range(0, at, 4))
    return Goodbye(sources, _parse_text(body, at) if at < len(body) else "")


def build_goodbye(goodbye: Goodbye) -> bytes:
    body = b"".join(ssrc.to_bytes(4) for ssrc in goodbye.sources)
    if goodbye.reason:
        body += _build_text(goodbye.reason)
    return body + bytes(-len(body) % 4)


def parse_application(count: int, body: bytes) -> Application:
    if len(body) < 8 or len(body) % 4:
        raise Malformed(Reason.LENGTH, f"an APP packet of {len(body)} bytes")
    return Application(count, int.from_bytes(body[:4]), body[4:8], body[8:])


def build_application(packet: Application) -> bytes:
    """Raises ValueError for another length of name, and for a payload that is not whole words."""
    if len(packet.name) != 4 or len(packet.payload) % 4:
        raise ValueError("an APP packet has a name of four bytes and whole words")
    return packet.ssrc.to_bytes(4) + packet.name + packet.payload


def _parse_items(body: bytes, at: int) -> tuple[tuple[tuple[int, str], ...], int]:
    """The items that begin there, and where the next chunk begins."""
    items: list[tuple[int, str]] = []
    while at < len(body):
        kind = body[at]
        if kind == _END:
            return tuple(items), at + 4 - at % 4
        items.append((kind, _parse_text(body, at + 1)))
        at += 2 + body[at + 1]
    raise Malformed(Reason.CUT_OFF, "a chunk without an end")


def _parse_text(body: bytes, at: int) -> str:
    """One byte of length, then UTF-8."""
    if at >= len(body) or at + 1 + body[at] > len(body):
        raise Malformed(Reason.CUT_OFF, "half a text")
    try:
        return body[at + 1 : at + 1 + body[at]].decode()
    except UnicodeDecodeError as fault:
        raise Malformed(Reason.SYNTAX, "a text that is not UTF-8") from fault


def _build_text(text: str) -> bytes:
    value = text.encode()
    if len(value) > MAX_TEXT_BYTES:
        raise ValueError(f"a text of {len(value)} bytes")
    return bytes([len(value)]) + value
