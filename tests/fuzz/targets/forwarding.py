"""A peer whose keys fit and whose packets are anything: what it sends, and what it says.

Pieces of two bytes of length each; the first bit of a length says whether the piece is RTCP, the
second whether it comes from the receiver.
"""

from __future__ import annotations

import contextlib

from parlor.sfu.forward.hearing import hear
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.rtcp import Nack, Pli, SenderReport, build_compound, parse_compound
from tests.support.forwarding import Source, Stage, spoken
from tests.support.meeting import audio_description, video_description

RUNS = 2_000
"""A millisecond each: a whole call is made for it."""
_RTCP, _RECEIVER = 0x8000, 0x4000
_SSRC, _RTX_SSRC = 2_000, 2_001


def _piece(data: bytes, flags: int = 0) -> bytes:
    return (flags | len(data)).to_bytes(2) + data


def _seed() -> bytes:
    low, high = Source(10, "q"), Source(11, "h", seq=9)
    key, late, last = low.film(key=True)
    pieces = [_piece(one) for one in (key, last, *high.film(key=True), late, spoken(1))]
    pieces.append(_piece(low.repaired(late, 1, 99)))
    clock = build_compound([SenderReport(10, 1 << 40, 7, 1, 1), SenderReport(11, 1 << 40, 9, 1, 1)])
    pieces.append(_piece(clock, _RTCP))
    wishes = build_compound([Nack(1, _SSRC, (_SSRC + 1, _SSRC + 2)), Pli(1, _SSRC)])
    pieces.append(_piece(wishes, _RTCP | _RECEIVER))
    return b"".join(pieces)


SEEDS = [_seed(), _piece(Source(10, "q").film(key=True, count=1)[0])]


def check(data: bytes) -> None:
    stage = Stage()
    anna, bert = stage.peer("anna"), stage.peer("bert")
    router = stage.router
    voice = router.publish(anna, audio_description())
    video = router.publish(anna, video_description("1", (180, 360)))
    router.subscribe(bert, voice, "0", 1_000)
    watch = router.subscribe(bert, video, "1", _SSRC, _RTX_SSRC)
    seen: set[tuple[int, int]] = set()
    at = 0
    while at + 2 <= len(data):
        head = int.from_bytes(data[at : at + 2])
        piece = data[at + 2 : at + 2 + (head & 0x7FF)]
        at += 2 + len(piece)
        if head & _RTCP:
            with contextlib.suppress(Malformed):
                sender = bert if head & _RECEIVER else anna
                hear(router, sender, parse_compound(piece), stage.now)
        else:
            router.on_rtp(anna, piece, stage.now)
        router.aim(watch, video.layers[head >> 11 & 1], stage.now)
        stage.pass_time(0.01)
        for packet in stage.sent_to(bert):
            assert (packet.ssrc, packet.seq) not in seen
            seen.add((packet.ssrc, packet.seq))
        stage.rtcp_to(anna)
        stage.rtcp_to(bert)
    assert len(anna.sources) <= 5
