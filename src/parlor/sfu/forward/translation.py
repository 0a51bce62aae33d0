"""A publisher's packet as all receivers get it: everything but what is each receiver's own.

Payload types and extension ids are exchanged, what only the worker needed is left out. Done once a
packet, so that for each receiver a head is all that is made.
"""

from __future__ import annotations

from collections.abc import Mapping

from parlor.sfu.forward.history import Kept
from parlor.sfu.forward.subscription import NARROW_BLOCK, WIDE, WIDE_BLOCK
from parlor.sfu.forward.track import Track
from parlor.wire.webrtc.pictures import NOTHING
from parlor.wire.webrtc.red import retype_red
from parlor.wire.webrtc.rtp import RtpPacket, type_byte
from parlor.wire.webrtc.rtx import OSN_BYTES
from parlor.wire.webrtc.srtp import MAX_PACKET_BYTES

MAX_TAIL_BYTES = MAX_PACKET_BYTES - WIDE.size - OSN_BYTES
"""What is left beside the longest head and the number in a retransmission."""
_MAX_ONE_BYTE_VALUE = 16


def translate(
    track: Track,
    packet: RtpPacket,
    values: Mapping[int, bytes],
    seq: int,
    out_type: int,
    now: float,
) -> Kept | None:
    """`values` are the packet's extensions, `seq` its long number, `out_type` what receivers call
    its payload type. None for a packet that would be too long for one of them."""
    shared, is_wide = _shared_extensions(track, values)
    payload = packet.payload
    if track.retyped and out_type == track.red_type:
        payload = retype_red(payload, track.retyped)
    tail = shared + payload if shared else payload
    if len(tail) > MAX_TAIL_BYTES:
        return None
    picture = NOTHING
    if track.picture_of is not None:
        picture = track.picture_of(packet.data, packet.payload_at, packet.payload_end)
    return Kept(
        seq,
        now,
        type_byte(out_type, marker=packet.marker),
        packet.timestamp,
        (WIDE_BLOCK if is_wide else NARROW_BLOCK) + (len(shared) >> 2),
        tail,
        len(shared),
        is_wide,
        picture,
    )


def _shared_extensions(track: Track, values: Mapping[int, bytes]) -> tuple[bytes, bool]:
    """What all receivers get of the publisher's extensions, in whole words, and whether that needs
    the two-byte form."""
    found = [(out, values[id_]) for id_, out in track.passed if id_ in values]
    if not found:
        return b"", False
    is_wide = any(not 0 < len(value) <= _MAX_ONE_BYTE_VALUE for _, value in found)
    if is_wide:
        block = b"".join(bytes((id_, len(value))) + value for id_, value in found)
    else:
        block = b"".join(bytes((id_ << 4 | len(value) - 1,)) + value for id_, value in found)
    return block + bytes(-len(block) % 4), is_wide
