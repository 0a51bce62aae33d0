"""One track as one receiver gets it: what is written into each packet for this receiver alone.

Owns the numbers in use, the places where the layer may change, and the counts for sender reports.
Which layer it should have is decided by the `Router` (`layer_choice`), and the router's loop over a
layer's watchers reads the fields here directly: a call a packet and receiver would cost more than
all the rest of it.
"""

from __future__ import annotations

import struct
from typing import Generic, Protocol, TypeVar

from parlor.sfu.forward.history import Kept
from parlor.sfu.forward.numbering import Numbering, Run
from parlor.sfu.forward.track import ClockReport, Layer, Track
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.header_extensions import ONE_BYTE, TWO_BYTE
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.pictures import picture_number, renumber
from parlor.wire.webrtc.red import parse_red
from parlor.wire.webrtc.rtcp import SenderReport
from parlor.wire.webrtc.rtcp.reports import middle_ntp
from parlor.wire.webrtc.rtx import OSN_BYTES
from parlor.wire.webrtc.sdp import OFFERED_CODECS, OFFERED_EXTENSIONS

MAX_MID_BYTES = 4
FIRST_BYTE = 0x90
"""Version 2, with extensions, without padding and sources."""
NARROW = struct.Struct(">BBHIIIBH5s")
"""The head of a packet for one receiver: RTP header, the extension block's own header, and the
receiver's transport-wide number and mid, in the one-byte form."""
WIDE = struct.Struct(">BBHIIIHH8s")
"""The same in the two-byte form, for packets with a value of more than 16 bytes."""
NARROW_BLOCK = ONE_BYTE << 16 | 2
"""To which the words of the other extensions are added."""
WIDE_BLOCK = TWO_BYTE << 16 | 3
MAX_RESENT = 5
"""Times that one packet is sent again to one receiver."""
SHORTEST_RESEND_S = 0.01
_MAX_REMEMBERED = 256
_TIMESTAMPS = 0xFFFF_FFFF
_OPUS = OFFERED_CODECS["opus"][0].payload_type

_SEQ_ID = OFFERED_EXTENSIONS[ExtensionKind.TRANSPORT_SEQ]
_MID_ID = OFFERED_EXTENSIONS[ExtensionKind.MID]
NARROW_MARK = _SEQ_ID << 4 | 1
WIDE_MARK = _SEQ_ID << 8 | 2


class Receiver(Protocol):
    """A peer, as far as its packets are concerned."""

    transport_seq: int
    """Counts all packets to it, in 16 bits: the number of the last one."""


ReceiverT = TypeVar("ReceiverT", bound=Receiver)


class Subscription(Generic[ReceiverT]):
    __slots__ = (
        "_left_at",
        "_octets",
        "_octets_from",
        "_packets",
        "_packets_from",
        "_resent",
        "_rtx_seq",
        "_sent_report",
        "first",
        "height",
        "is_special",
        "layer",
        "mid",
        "narrow_mid",
        "numbering",
        "priority",
        "receiver",
        "rtx_ssrc",
        "seq_offset",
        "ssrc",
        "target",
        "time_offset",
        "track",
        "unwraps",
        "wide_mid",
    )

    def __init__(
        self,
        receiver: ReceiverT,
        track: Track,
        mid: str,
        ssrc: int,
        rtx_ssrc: int | None,
        *,
        takes_red: bool = True,
    ) -> None:
        """`mid`, `ssrc` and `rtx_ssrc` are those of the offer to the receiver (`sdp.Slot`).

        An SSRC must be random, and new to this receiver. Raises ValueError for a mid of more than
        MAX_MID_BYTES: each packet carries it.
        """
        name = mid.encode("ascii")
        if not 0 < len(name) <= MAX_MID_BYTES:
            raise ValueError(f"a mid of {len(name)} bytes")
        self.receiver = receiver
        self.track = track
        self.mid = mid
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.narrow_mid = bytes([_MID_ID << 4 | len(name) - 1]) + name
        self.wide_mid = bytes([_MID_ID, len(name)]) + name
        # Random as the SSRC is, and low enough for the first 32,768 not to wrap (RFC 3711 §3.3.1).
        self.numbering = Numbering(1 + (ssrc & 0x3FFF))
        self.layer: Layer | None = None
        """Whose packets it gets; None in a pause."""
        self.target: Layer | None = None
        """Whose it should get; they differ until a key frame begins."""
        self.first = 0
        self.seq_offset = self.time_offset = 0
        self.unwraps = bool(track.red_type) and not takes_red
        self.is_special = self.unwraps
        """Whether its packets differ in more than the head: numbers of pictures, or the blocks of
        redundant audio."""
        self.height: int | None = None
        """What the receiver wants to show, in pixels; 0 for nothing, None for all there is."""
        self.priority = 0
        """Higher ones get bandwidth first."""
        self._packets = self._octets = 0
        self._packets_from = self._octets_from = 0
        self._left_at = 0.0
        self._rtx_seq = (rtx_ssrc or 0) & 0x3FFF
        self._resent: dict[int, tuple[float, int]] = {}
        self._sent_report: tuple[int, float] | None = None

    @property
    def packets(self) -> int:
        """Sent so far, without retransmissions."""
        layer = self.layer
        return self._packets + (layer.packets - self._packets_from if layer else 0)

    @property
    def octets(self) -> int:
        """Of payload, in those packets."""
        layer = self.layer
        return self._octets + (layer.octets - self._octets_from if layer else 0)

    def begin(self, layer: Layer, kept: Kept, now: float) -> None:
        """From this packet of `layer` on. Called before the layer counts it."""
        self.pause(now)
        last = self.numbering.last
        picture, tl0 = self._picture_offsets(last, layer, kept)
        run = self.numbering.begin(
            layer, kept.seq, kept.timestamp, self._time_offset(last, layer, kept, now), picture, tl0
        )
        self.layer = layer
        self.first, self.seq_offset, self.time_offset = run.first, run.seq_offset, run.time_offset
        self.is_special = self.unwraps or bool(picture or tl0)
        self._packets_from, self._octets_from = layer.packets, layer.octets

    def pause(self, now: float) -> None:
        """Nothing more, until the next `begin`. The layer's newest packet was the last."""
        if self.layer is not None:
            self._packets, self._octets = self.packets, self.octets
            self.numbering.end()
            self.layer = None
            self._left_at = now

    def miscount(self, packets: int, octets: int) -> None:
        """Sent more than the layer counted since `begin`, or, negative, less."""
        self._packets += packets
        self._octets += octets

    def packet(self, kept: Kept, run: Run, transport_seq: int) -> bytes:
        """A packet of a run as this receiver gets it: the slow way, for those that are special."""
        if self.unwraps and kept.second & 0x7F == self.track.red_type:
            kept = _newest_block(kept)
        return self._head(
            kept, kept.second, kept.seq - run.seq_offset, run, self.ssrc, transport_seq
        ) + _tail(kept, run)

    def resend(self, seq: int, now: float, round_trip_s: float) -> bytes | None:
        """The retransmission (RFC 4588) of what went out under `seq`.

        None when there is none: never sent, too long ago, not yet here, asked for again before
        the last answer can have arrived, or the receiver takes no retransmissions.
        """
        found = self.numbering.find(seq)
        if found is None or self.rtx_ssrc is None:
            return None
        run, number = found
        assert isinstance(run.source, Layer)
        kept = run.source.history.get(number)
        if kept is None:
            return None
        out = number - run.seq_offset
        at, times = self._resent.get(out, (0.0, 0))
        if times and (times == MAX_RESENT or now < at + max(SHORTEST_RESEND_S, round_trip_s)):
            return None
        if len(self._resent) >= _MAX_REMEMBERED:
            self._resent.clear()
        self._resent[out] = (now, times + 1)
        self._rtx_seq += 1
        second = kept.second & 0x80 | self.track.rtx_payload_type
        self.receiver.transport_seq = transport_seq = self.receiver.transport_seq + 1 & 0xFFFF
        head = self._head(kept, second, self._rtx_seq, run, self.rtx_ssrc, transport_seq)
        tail, at_payload = _tail(kept, run), kept.payload_at
        original = (out & 0xFFFF).to_bytes(OSN_BYTES)
        return head + tail[:at_payload] + original + tail[at_payload:]

    def report(self, now: float) -> SenderReport | None:
        """The publisher's clock at `now` as this receiver has to see it: its newest report,
        carried on. None without one, and in a pause."""
        layer = self.layer
        if layer is None or layer.report is None:
            return None
        said = layer.report
        passed = now - said.at
        ntp = said.ntp + round(passed * (1 << 32)) & 0xFFFF_FFFF_FFFF_FFFF
        timestamp = said.timestamp + round(passed * layer.clock_rate) - self.time_offset
        self._sent_report = (middle_ntp(ntp), now)
        return SenderReport(
            self.ssrc,
            ntp,
            timestamp & _TIMESTAMPS,
            self.packets & 0xFFFF_FFFF,
            self.octets & 0xFFFF_FFFF,
        )

    def round_trip(self, last_sr: int, since_last_sr: int, now: float) -> float | None:
        """What a report block that quotes our newest sender report shows; None for any other."""
        if self._sent_report is None or last_sr != self._sent_report[0]:
            return None
        trip = now - self._sent_report[1] - since_last_sr / 65_536
        return trip if trip >= 0 else None

    def _head(
        self, kept: Kept, second: int, seq: int, run: Run, ssrc: int, transport_seq: int
    ) -> bytes:
        form, mark, mid = NARROW, NARROW_MARK, self.narrow_mid
        if kept.is_wide:
            form, mark, mid = WIDE, WIDE_MARK, self.wide_mid
        return form.pack(
            FIRST_BYTE,
            second,
            seq & 0xFFFF,
            kept.timestamp - run.time_offset & _TIMESTAMPS,
            ssrc,
            kept.block,
            mark,
            transport_seq,
            mid,
        )

    def _time_offset(self, last: Run | None, layer: Layer, kept: Kept, now: float) -> int:
        """Where the clock of `layer` has to lie for its pictures to follow those before.

        Exact within one source, and between layers whose sender reports have come, which say the
        same moment by both clocks. Until then by the time of arrival.
        """
        if last is None:
            return 0
        before = last.source
        assert isinstance(before, Layer)
        if before is layer and last.first >= layer.began:
            return last.time_offset
        if before is not layer and before.report and layer.report and last.first >= before.began:
            return _between(before.report, layer.report, layer.clock_rate) + last.time_offset
        passed = max(0.0, now - (before.heard_at or now), now - self._left_at)
        last_time = self.numbering.last_time or 0
        return kept.timestamp - last_time - max(1, round(passed * layer.clock_rate))

    def _picture_offsets(self, last: Run | None, layer: Layer, kept: Kept) -> tuple[int, int]:
        if last is None or kept.picture.id_at < 0:
            return 0, 0
        before = last.source
        assert isinstance(before, Layer)
        if before is layer and last.first >= layer.began:
            return last.picture_offset, last.tl0_offset
        payload = kept.tail[kept.payload_at :]
        number = picture_number(payload, kept.picture)
        if before.picture_number is None or number is None:
            return 0, 0
        newest = before.picture_number - last.picture_offset
        newest_tl0 = before.tl0 - last.tl0_offset
        tl0 = payload[kept.picture.tl0_at] if kept.picture.tl0_at >= 0 else newest_tl0 + 1
        return (
            (number - newest - 1) % (1 << kept.picture.id_bits),
            (tl0 - newest_tl0 - 1) % 256,
        )


def _tail(kept: Kept, run: Run) -> bytes:
    if not (run.picture_offset or run.tl0_offset) or kept.picture.id_at < 0:
        return kept.tail
    at = kept.payload_at
    changed = renumber(kept.tail[at:], kept.picture, run.picture_offset, run.tl0_offset)
    return kept.tail[:at] + changed


def _newest_block(kept: Kept) -> Kept:
    """Redundant audio without its redundancy; nothing at all of what is none."""
    try:
        payload_type, _, payload = parse_red(kept.tail[kept.payload_at :])[-1]
    except Malformed:
        payload_type, payload = _OPUS, b""
    return kept._replace(
        second=kept.second & 0x80 | payload_type, tail=kept.tail[: kept.payload_at] + payload
    )


def _between(before: ClockReport, after: ClockReport, clock_rate: int) -> int:
    """What the timestamps of `after` are ahead of those of `before` at the same moment."""
    passed = after.ntp - before.ntp
    return after.timestamp - before.timestamp - (passed * clock_rate >> 32)
