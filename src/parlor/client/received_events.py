"""Which events of conversations a program has had, and up to where it has all of them.

An event may come twice: announced, and announced again by a server that was not sure. This drops
the second. What a program fetched by itself counts for the position, and is no double. Part of
`Received`; `client.connection` tells it what comes, and the server how far this is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parlor.model.newest import Newest

MAX_AHEAD = 1_000
"""Events beyond a gap that are remembered in a conversation; the gap is for the program to fill."""


class ReceivedEvents:
    """For one user, over as many connections as there are. The first event of a conversation is
    where its position begins: what came before is not this program's to judge."""

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._had: Newest[tuple[str, int], None] = Newest()
        self._upto: dict[str, int] = {}
        self._ahead: dict[str, set[int]] = {}
        self._to_say: dict[str, None] = {}
        self._unwanted: set[str] = set()
        self.doubles = 0
        """How many were dropped because they had come before."""

    def begin(self) -> None:
        """A new connection: the server may want to know what it did not before, and whatever it
        was told last may not have arrived."""
        self._unwanted.clear()
        self._to_say = dict.fromkeys(self._upto)

    def take(self, conversation: str, seq: int) -> bool:
        """Whether to hand an announced event out; False for one that was handed out before."""
        name = (conversation, seq)
        if name in self._had:
            self.doubles += 1
            return False
        self._had.put(name, None)
        self._had.trim(self._remembered)
        self.on_own(conversation, seq)
        return True

    def on_own(self, conversation: str, seq: int) -> None:
        """The program made this event: it has it by the answer, and it is not announced to the
        same connection."""
        upto = self._upto.setdefault(conversation, seq - 1)
        if seq > upto + 1:
            ahead = self._ahead.setdefault(conversation, set())
            ahead.add(seq)
            if len(ahead) > MAX_AHEAD:
                ahead.remove(min(ahead))
        else:
            self._advance(conversation, seq)

    def on_page(self, conversation: str, after: int | None, seqs: Sequence[int]) -> None:
        """A page that the program asked for: all there is between `after` and the last of
        `seqs`, or between its first and its last."""
        if not seqs:
            return
        first = seqs[0] if after is None else after + 1
        if first <= self._upto.get(conversation, first) + 1:
            self._advance(conversation, seqs[-1])

    def on_caught_up(self, conversation: str, upto: int) -> None:
        """The program was given everything up to `upto`."""
        self._advance(conversation, upto)

    def due(self, most: int) -> dict[str, int]:
        """At most so many positions that the server has not been told of."""
        some = list(self._to_say)[:most]
        return {conversation: self._upto[conversation] for conversation in some}

    def on_said(self, positions: dict[str, int], unwanted: Iterable[str]) -> None:
        """The server knows these. It wants to hear no more of the `unwanted`, for now."""
        self._unwanted.update(unwanted)
        for conversation, seq in positions.items():
            if self._upto[conversation] <= seq or conversation in self._unwanted:
                self._to_say.pop(conversation, None)

    def position(self, conversation: str) -> int:
        """The program has all events up to this one, as far as it is known; 0 for none."""
        return self._upto.get(conversation, 0)

    def _advance(self, conversation: str, seq: int) -> None:
        upto = max(seq, self._upto.get(conversation, 0))
        ahead = self._ahead.get(conversation, set())
        while upto + 1 in ahead:
            upto += 1
        if ahead := {one for one in ahead if one > upto}:
            self._ahead[conversation] = ahead
        else:
            self._ahead.pop(conversation, None)
        if upto > self._upto.get(conversation, 0):
            self._upto[conversation] = upto
        if conversation not in self._unwanted:
            self._to_say[conversation] = None
