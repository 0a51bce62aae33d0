"""A network of datagrams in virtual time: it loses, delays, reorders and doubles by a seed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

Deliver = Callable[[bytes, float], Sequence[bytes]]
"""Takes a datagram at a time; what it returns goes back the other way."""


@dataclass(slots=True)
class Network:
    """Two ends, 0 and 1. A datagram takes `delay_s` and up to `jitter_s` more."""

    seed: int
    loss: float = 0.0
    doubled: float = 0.0
    delay_s: float = 0.02
    jitter_s: float = 0.0
    now: float = 0.0
    lost: int = 0
    lose_next: set[int] = field(default_factory=set)
    """Numbers of datagrams, in the order of sending from 0 on, that are lost in any case."""
    _sent: int = 0
    _flying: list[tuple[float, int, int, bytes]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)
    """What is due at the same moment arrives in the order of sending."""
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def send(self, to: int, datagrams: Sequence[bytes]) -> None:
        for datagram in datagrams:
            number, self._sent = self._sent, self._sent + 1
            if number in self.lose_next or self._dice.random() < self.loss:
                self.lost += 1
                continue
            for _ in range(1 + (self._dice.random() < self.doubled)):
                at = self.now + self.delay_s + self._dice.random() * self.jitter_s
                heapq.heappush(self._flying, (at, next(self._order), to, datagram))

    def next_at(self) -> float | None:
        return self._flying[0][0] if self._flying else None

    def step(self, ends: Sequence[Deliver], timers: Sequence[float | None]) -> bool:
        """Go to the next moment at which something happens and deliver what has arrived by
        then; False when nothing will ever happen again. Timers are the caller's to serve."""
        moments = [at for at in (self.next_at(), *timers) if at is not None]
        if not moments:
            return False
        self.now = max(self.now, min(moments))
        while self._flying and self._flying[0][0] <= self.now:
            _, _, to, datagram = heapq.heappop(self._flying)
            self.send(1 - to, ends[to](datagram, self.now))
        return True
