"""How often each address or user may do something; bounded memory whoever asks.

The arithmetic is `push.pace`; this module owns whose pace it is and forgetting the oldest.
Called by the API for requests, and by `im` for what people may do only now and then.
"""

from __future__ import annotations

from parlor.model.newest import Newest
from parlor.push.pace import Pace

_MAX_REMEMBERED = 50_000
"""About 10 MB when full."""


class Paces:
    """One Pace per name, made full. The name that was idle longest is forgotten first."""

    def __init__(
        self, per_second: float, burst: int, *, max_remembered: int = _MAX_REMEMBERED
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._max_remembered = max_remembered
        self._by_name: Newest[str, Pace] = Newest()

    def take_nowait(self, name: str, now: float) -> float:
        """0.0 when `name` may act at `now` (monotonic seconds), else how many seconds to wait."""
        pace = self._by_name.get(name) or Pace(self._per_second, self._burst, now)
        self._by_name.put(name, pace)
        self._by_name.trim(self._max_remembered)
        return pace.take_nowait(now)

    @property
    def limit(self) -> int:
        return self._max_remembered

    def apply(self, per_second: float, burst: int) -> None:
        """For everybody, from now on."""
        self._per_second, self._burst = per_second, burst
        for pace in self._by_name.values():
            pace.change(per_second, burst)

    def __len__(self) -> int:
        return len(self._by_name)
