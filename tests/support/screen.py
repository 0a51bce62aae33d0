"""What a receiver would see or hear of one subscription.

It shows as a decoder would: a frame counts when all of it is there and the one before it was shown.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from parlor.wire.webrtc.reception import Reception
from parlor.wire.webrtc.rtcp import Nack, Pli, RtcpPacket, SenderReport
from parlor.wire.webrtc.rtp import RtpPacket
from parlor.wire.webrtc.sequence import Extender

FRAME = struct.Struct(">BIHH")
"""In each payload: layer, frame, place in it, and how many there are."""
_NACK_S, _PLI_S, _GIVEN_UP_S = 0.22, 0.4, 1.0


@dataclass(slots=True)
class Screen:
    """What comes of one subscription."""

    ssrc: int
    rtx_ssrc: int | None
    is_video: bool
    reception: Reception
    came: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Long number to timestamp and time of arrival."""
    frames: dict[int, dict[int, tuple[int, ...]]] = field(default_factory=dict)
    shown: list[tuple[float, int, int]] = field(default_factory=list)
    """When which frame of which layer was shown."""
    missing: dict[int, tuple[float, float]] = field(default_factory=dict)
    mids: set[bytes] = field(default_factory=set)
    resent: int = 0
    reports: list[SenderReport] = field(default_factory=list)
    pictures: list[tuple[int, int]] = field(default_factory=list)
    _numbers: Extender = field(default_factory=Extender)
    _last: tuple[int, int, int] | None = None
    _pli_at: float = 0.0

    def take(self, packet: RtpPacket, now: float) -> None:
        seq = self._numbers.extend(packet.seq)
        self.missing.pop(seq, None)
        if seq in self.came:
            return
        newest = max(self.came, default=seq - 1)
        for lost in range(newest + 1, seq):
            self.missing[lost] = (now, now)
        self.came[seq] = (packet.timestamp, now)
        if self.is_video and packet.payload:
            number = (packet.payload[2] << 8 | packet.payload[3]) & 0x7FFF
            self.pictures.append((seq, number))
            layer, frame, at, count = FRAME.unpack_from(packet.payload, 6)
            is_key = not packet.payload[5] & 1
            self.frames.setdefault(packet.timestamp, {})[seq] = (layer, frame, at, count, is_key)
            self._show(now)

    def _show(self, now: float) -> None:
        """All frames that can be shown by now, in order."""
        for timestamp in sorted(self.frames):
            parts = list(self.frames[timestamp].values())
            if len({(layer, frame) for layer, frame, *_ in parts}) != 1:
                raise AssertionError("two frames under one timestamp")
            layer, frame, _, count, is_key = parts[0]
            if len(parts) < count:
                continue
            last = self._last
            if last is not None and timestamp <= last[2]:
                del self.frames[timestamp]
            elif is_key or (last is not None and last[:2] == (layer, frame - 1)):
                self._last = (layer, frame, timestamp)
                self.shown.append((now, layer, frame))
                del self.frames[timestamp]

    def wishes(self, me: int, now: float) -> list[RtcpPacket]:
        packets: list[RtcpPacket] = []
        if not self.is_video:
            return packets
        lost = []
        for seq, (since, at) in list(self.missing.items()):
            if now - since > _GIVEN_UP_S:
                del self.missing[seq]
            elif now >= at:
                lost.append(seq & 0xFFFF)
                self.missing[seq] = (since, now + _NACK_S)
        if lost:
            packets.append(Nack(me, self.ssrc, tuple(lost)))
        since = self.shown[-1][0] if self.shown else 0.0
        if self.came and now - since > 0.5 and now >= self._pli_at:
            self._pli_at = now + _PLI_S
            packets.append(Pli(me, self.ssrc))
        return packets
