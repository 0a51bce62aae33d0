"""What forwarding a packet costs beside sealing it for its receivers and doing nothing else.

One publisher and 50 receivers, then ten people who all see each other: 1,100 bytes of video in
bursts of a frame, through the whole worker but its socket. Opened once, sealed for each receiver
(AES-GCM). Both loops run in turns in the same process: others use this machine, too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benches.figures import Figure, run
from parlor.sfu.forward.bandwidth import Bandwidth
from parlor.sfu.forward.transport import Datagram
from tests.support.meeting import Meeting, Someone

BURST = 8
TURNS = 60
BURSTS_A_TURN = 5
_FIRST_LOOK_S = 2.0
_PLENTY_BPS = 40_000_000.0


def measure() -> Iterator[Figure]:
    yield _figure("forward.1_to_50", publishers=1, receivers=50)
    yield _figure("forward.10_by_10", publishers=10, receivers=10)


def _figure(name: str, *, publishers: int, receivers: int) -> Figure:
    meeting, people = _gathered(publishers, receivers)
    ours, bare = float("inf"), float("inf")
    for _ in range(TURNS):
        bursts = [_burst(meeting, people[:publishers]) for _ in range(BURSTS_A_TURN)]
        out = 0
        began = time.process_time_ns()
        for at, burst in bursts:
            out += len(meeting.board.received(burst, at))
        ours = min(ours, (time.process_time_ns() - began) / out)
        bare = min(bare, _bare_ns(people, bursts, out))
    return Figure.beside(name, ours / 1_000, "us/packet out", "srtp protect alone", bare / 1_000)


def _gathered(publishers: int, receivers: int) -> tuple[Meeting, list[Someone]]:
    """Everybody connected and watching; nobody sends by itself any more."""
    meeting = Meeting()
    count = max(publishers, receivers) + (publishers == 1)
    people = [meeting.join(f"p{n}") for n in range(count)]
    for one in people:
        one.peer.bandwidth = Bandwidth(_PLENTY_BPS)
    meeting.run(1.0)
    for publisher in people[:publishers]:
        track = meeting.films(publisher, packets=BURST)
        for other in people:
            if other is not publisher:
                meeting.watches(other, track)
    meeting.run(_FIRST_LOOK_S)
    for publisher in people[:publishers]:
        publisher.browser.cameras[0].on = False
        publisher.browser.cameras[0].key_wanted = False
    return meeting, people


def _burst(meeting: Meeting, publishers: list[Someone]) -> tuple[float, list[Datagram]]:
    meeting.now += 1 / 30
    return meeting.now, [
        (datagram, one.browser.path)
        for one in publishers
        for datagram in one.browser.film(one.browser.cameras[0], meeting.now)
    ]


def _bare_ns(
    people: list[Someone], bursts: list[tuple[float, list[Datagram]]], packets: int
) -> float:
    """As many packets of that size, sealed by as many sessions, and thrown away."""
    _bare.seq += 1
    size = len(bursts[0][1][0][0])
    sealers = [one.browser.srtp.protect for one in people if one.browser.srtp is not None]
    rounds = -(-packets // len(sealers))
    plain = [_bare.packet(size) for _ in range(rounds)]
    began = time.process_time_ns()
    for packet in plain:
        for protect in sealers:
            protect(packet)
    return (time.process_time_ns() - began) / (rounds * len(sealers))


class _Bare:
    """Packets of a stream that nothing else uses, each number once."""

    def __init__(self) -> None:
        self.seq = 0

    def packet(self, size: int) -> bytes:
        self.seq += 1
        head = b"\x80\x60" + (self.seq & 0xFFFF).to_bytes(2) + bytes(4) + b"bare"
        return head.ljust(size - 16, b"\0")


_bare = _Bare()


if __name__ == "__main__":
    run(measure, __doc__)
