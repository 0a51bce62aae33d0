"""Redundant audio (RFC 2198 §3): one payload that holds older ones again before its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from parlor.wire.webrtc.malformed import Malformed, Reason

MAX_BLOCKS = 16
"""Browsers send two or three."""
MAX_BLOCK_BYTES = (1 << 10) - 1
MAX_EARLIER = (1 << 14) - 1


class RedBlock(NamedTuple):
    """One block. `earlier`: by how much its timestamp is before the packet's, in units of the RTP
    clock; 0 for the last block, which is the packet's own."""

    payload_type: int
    earlier: int
    payload: bytes


def parse_red(payload: bytes) -> tuple[RedBlock, ...]:
    """Oldest first, as sent; never empty. Raises Malformed."""
    headers: list[tuple[int, int, int]] = []
    at = 0
    while at < len(payload) and payload[at] & 0x80:
        if len(headers) + 1 == MAX_BLOCKS:
            raise Malformed(Reason.TOO_MANY, f"more than {MAX_BLOCKS} blocks")
        if at + 4 > len(payload):
            raise Malformed(Reason.CUT_OFF, "half a block header")
        bits = int.from_bytes(payload[at : at + 4])
        headers.append((bits >> 24 & 0x7F, bits >> 10 & MAX_EARLIER, bits & MAX_BLOCK_BYTES))
        at += 4
    if at == len(payload):
        raise Malformed(Reason.CUT_OFF, "no header of a last block")
    own_type, at = payload[at], at + 1
    blocks = []
    for payload_type, earlier, size in headers:
        end = at + size
        if end > len(payload):
            raise Malformed(Reason.CUT_OFF, f"a block of {size} bytes")
        blocks.append(RedBlock(payload_type, earlier, payload[at:end]))
        at = end
    return (*blocks, RedBlock(own_type, 0, payload[at:]))


def retype_red(payload: bytes, types: Mapping[int, int]) -> bytes:
    """`payload` with the payload types of its blocks exchanged; those not in `types` stay.

    Looks at the headers only. Never raises: what is cut off is left as it is, since nobody who
    does not decode it has to know.
    """
    changed = bytearray(payload)
    for at in range(0, min(4 * MAX_BLOCKS, len(changed)), 4):
        mark, found = changed[at] & 0x80, changed[at] & 0x7F
        changed[at] = mark | types.get(found, found)
        if not mark:
            break
    return bytes(changed)


def build_red(blocks: Sequence[RedBlock]) -> bytes:
    """The last block is the packet's own. Raises ValueError for what has no room in a header."""
    *older, own = blocks
    heads, bodies = bytearray(), bytearray()
    for block in older:
        if block.earlier > MAX_EARLIER or len(block.payload) > MAX_BLOCK_BYTES:
            raise ValueError(f"a block of {len(block.payload)} bytes, {block.earlier} earlier")
        bits = 1 << 31 | block.payload_type << 24 | block.earlier << 10 | len(block.payload)
        heads += bits.to_bytes(4)
        bodies += block.payload
    return bytes(heads) + bytes([own.payload_type]) + bytes(bodies) + own.payload
