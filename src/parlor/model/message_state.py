"""How a message stands now: what later events have made of it."""

from __future__ import annotations

import msgspec

from parlor.model.ids import UserId


class Reaction(msgspec.Struct, frozen=True):
    """`count` people gave `emoji`; `users` are the first few of them, `mine`: the reader did."""

    emoji: str
    count: int
    users: tuple[UserId, ...]
    mine: bool = False


class MessageState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of the message `seq`, as of the event `changed_seq`: an older state than one has is old.

    `text` is what it says since the last edit, null when it was never edited; `edits` are the
    seqs of its edit events. `recalled_by`: who took it back, empty when nobody did.
    """

    seq: int
    changed_seq: int
    text: str | None = None
    edits: tuple[int, ...] = ()
    recalled_by: UserId = UserId("")
    pinned: bool = False
    reactions: tuple[Reaction, ...] = ()
