"""Which packets of a layer are missing, and when to ask its sender for them (again).

Asks soon after a gap, since a packet that overtook another one is no loss, and then once every
round trip: sooner would double what is on its way, later makes viewers wait. Gives up on what
nobody can wait for any longer.
"""

from __future__ import annotations

FIRST_ASKED_S = 0.01
"""How late a packet may be without being asked for."""
SHORTEST_S = 0.02
"""Between two requests for one packet, however short the round trip."""
GIVEN_UP_S = 1.0
MAX_ASKED = 10
PATIENCE, MOST_PATIENCE, MORE_PATIENT = 1.25, 8.0, 1.5
"""Round trips between two requests: 1.25 leaves room for the jitter of the answer. Requests that
had to be repeated raise it, since the round trip may be longer than is known; it is known again
with the first answer that came to a single request."""
MAX_MISSING = 256
"""A second of video at 2 Mbit/s. With more gone a key frame is cheaper, and the sender in no
state to repeat them."""


class Missing:
    __slots__ = ("_gaps", "_patience", "gave_up")

    def __init__(self) -> None:
        self._gaps: dict[int, tuple[float, float, int, float]] = {}
        self._patience = PATIENCE
        self.gave_up = 0
        """Packets that never came."""

    def __len__(self) -> int:
        return len(self._gaps)

    def on_gap(self, first: int, end: int, now: float) -> bool:
        """The packets from `first` up to and without `end` did not come before the one at `end`.

        False when there are too many: they are given up, with all others.
        """
        if len(self._gaps) + end - first > MAX_MISSING:
            self.gave_up += len(self._gaps) + end - first
            self._gaps.clear()
            return False
        for seq in range(first, end):
            self._gaps[seq] = (now, now + FIRST_ASKED_S, 0, now)
        return True

    def on_arrived(self, seq: int) -> float | None:
        """It came. Gives when it was asked for, if that was exactly once: what has passed since
        is a round trip, when it came by retransmission. Of several requests nobody knows which
        one was answered."""
        gap = self._gaps.pop(seq, None)
        if gap is None or gap[2] != 1:
            return None
        self._patience = PATIENCE
        return gap[3]

    def due(self, now: float, round_trip_s: float) -> list[int]:
        """What to ask for now, in ascending order."""
        asked: list[int] = []
        again = False
        for seq, (since, at, times, _) in list(self._gaps.items()):
            if now < at:
                continue
            if now - since >= GIVEN_UP_S or times == MAX_ASKED:
                del self._gaps[seq]
                self.gave_up += 1
                continue
            wait_s = max(SHORTEST_S, self._patience * round_trip_s)
            self._gaps[seq] = (since, now + wait_s, times + 1, now)
            asked.append(seq)
            again |= times > 0
        if again:
            self._patience = min(self._patience * MORE_PATIENT, MOST_PATIENCE)
        return sorted(asked)

    def clear(self) -> None:
        self._gaps.clear()
