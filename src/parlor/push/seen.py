"""Which pushes were asked for lately, so that asking twice sends once. Bounded, a function of
time, no timer."""

from __future__ import annotations

from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Seen(Generic[Answer]):
    """Remembers the first answer to each name, for `keep_s` and at most `max_names` of them."""

    def __init__(self, keep_s: float, max_names: int) -> None:
        self._keep_s = keep_s
        self._max_names = max_names
        self._answers: dict[tuple[str, str], tuple[float, Answer]] = {}

    def first(self, name: tuple[str, str], answer: Answer, now: float) -> Answer | None:
        """Remember `answer` and return None, or return what was remembered before."""
        known = self._answers.get(name)
        if known is not None and now - known[0] < self._keep_s:
            return known[1]
        self._answers.pop(name, None)
        self._answers[name] = (now, answer)
        self._forget(now)
        return None

    def forget(self, name: tuple[str, str]) -> None:
        """What was promised under this name did not happen."""
        self._answers.pop(name, None)

    def __len__(self) -> int:
        return len(self._answers)

    def _forget(self, now: float) -> None:
        while self._answers:
            oldest = next(iter(self._answers))
            is_old = now - self._answers[oldest][0] >= self._keep_s
            if not is_old and len(self._answers) <= self._max_names:
                return
            del self._answers[oldest]
