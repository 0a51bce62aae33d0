"""Which pushes were asked for lately, so that asking twice sends once. Bounded, a function of
time, no timer."""

from __future__ import annotations

from typing import Generic, TypeVar

from parlor.model.newest import Newest

Answer = TypeVar("Answer")
Names = tuple[tuple[str, str, float, Answer], ...]
"""(whose, name, when, first answer), oldest first; times are the machine's monotonic ones."""


class Seen(Generic[Answer]):
    """Remembers the first answer to each name, for `keep_s` and at most `max_names` of them."""

    def __init__(self, keep_s: float, max_names: int) -> None:
        self._keep_s = keep_s
        self._max_names = max_names
        self._answers: Newest[tuple[str, str], tuple[float, Answer]] = Newest()

    def first(self, name: tuple[str, str], answer: Answer, now: float) -> Answer | None:
        """Remember `answer` and return None, or return what was remembered before."""
        known = self._answers.get(name)
        if known is not None and now - known[0] < self._keep_s:
            return known[1]
        self._answers.put(name, (now, answer))
        self._forget(now)
        return None

    def apply(self, keep_s: float, max_names: int) -> None:
        """Other bounds from the next name on."""
        self._keep_s, self._max_names = keep_s, max_names

    def forget(self, name: tuple[str, str]) -> None:
        """What was promised under this name did not happen."""
        self._answers.pop(name, None)

    def dump(self) -> Names[Answer]:
        """For another process on this machine, which goes on answering as this one did."""
        return tuple((*name, at, answer) for name, (at, answer) in self._answers.items())

    def load(self, names: Names[Answer]) -> None:
        """What another process remembered, as far as there is room."""
        for whose, name, at, answer in names:
            self._answers[whose, name] = (at, answer)
            self._forget(at)

    def __len__(self) -> int:
        return len(self._answers)

    def _forget(self, now: float) -> None:
        self._answers.trim(self._max_names)
        while self._answers:
            _, (at, _) = self._answers.oldest()
            if now - at < self._keep_s:
                return
            self._answers.popitem(last=False)
