"""Streams of each protocol cut into whole messages, quickly and for one server's habits only.

Not the parsers of `wire`: those check what a peer does and decode it, which costs more than the
server's own part of a delivery. Here only lengths are looked at, so that every message is counted
exactly once wherever a segment ends.
"""

from __future__ import annotations

from collections.abc import Callable

Cut = Callable[[bytes], tuple[list[bytes], bytes]]
"""From what has come of a stream: its whole messages, and the rest to put before what comes next.

Raises ConnectionError for what no server says. A WebSocket's close frame is a message of its own,
with `CLOSE` before its payload."""

CLOSE = b"\x88"
_CLOSE_OPCODE = 0x8
_FIRST_CONTROL = 0x8


def cut_websocket(data: bytes) -> tuple[list[bytes], bytes]:
    """Frames of a server (RFC 6455 §5.2): not masked, and no message in several of them."""
    messages: list[bytes] = []
    at, size = 0, len(data)
    while size - at >= 2:
        length, start = data[at + 1], at + 2
        if length > 125:
            start += 2 if length == 126 else 8
            if start > size:
                break
            length = int.from_bytes(data[at + 2 : start])
        end = start + length
        if end > size:
            break
        opcode = data[at] & 0xF
        if opcode < _FIRST_CONTROL:
            messages.append(data[start:end])
        elif opcode == _CLOSE_OPCODE:
            messages.append(CLOSE + data[start:end])
        at = end
    return messages, data[at:]


def cut_native(data: bytes) -> tuple[list[bytes], bytes]:
    """Native TCP: four bytes of length before each."""
    return _cut_lengths(data, 4)


def cut_goim(data: bytes) -> tuple[list[bytes], bytes]:
    """goim's frames, header and all: the length that they begin with counts itself."""
    return _cut_lengths(data, 0)


def cut_events(data: bytes) -> tuple[list[bytes], bytes]:
    """Events of an HTTP stream: each ends with an empty line (HTML §9.2.5)."""
    *events, rest = data.split(b"\n\n")
    return events, rest


def cut_anything(data: bytes) -> tuple[list[bytes], bytes]:
    """For baselines: whatever came is one message."""
    return [data], b""


def _cut_lengths(data: bytes, more: int) -> tuple[list[bytes], bytes]:
    messages: list[bytes] = []
    at, size = 0, len(data)
    while size - at >= 4:
        end = at + more + int.from_bytes(data[at : at + 4])
        if end < at + 4:
            raise ConnectionError("a frame shorter than its own header")
        if end > size:
            break
        messages.append(data[at + more : end])
        at = end
    return messages, data[at:]
