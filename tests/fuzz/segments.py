"""The same bytes in other segments: what every reader of a stream must not care about."""

from __future__ import annotations

BYTEWISE_LIMIT = 300


def segmentations(data: bytes, choice: int) -> list[list[bytes]]:
    """In one piece; in pieces of a size that `choice` (0 to 255) decides; byte by byte, of a long
    input only the end."""
    step = 2 + choice % 61
    start = max(0, len(data) - BYTEWISE_LIMIT)
    head = [data[:start]] if start else []
    return [
        [data],
        [data[at : at + step] for at in range(0, len(data), step)],
        head + [data[at : at + 1] for at in range(start, len(data))],
    ]
