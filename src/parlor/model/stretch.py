"""How much of a conversation a device lacks, as numbers: where its log stands, what to give.

Pure arithmetic over seqs. `im.changes` plans with it and the store reads what was planned.
"""

from __future__ import annotations

import msgspec

from parlor.model.ids import ConversationId


class Head(msgspec.Struct, frozen=True):
    """Where a conversation's log stands for one member.

    `first_seq` is the first event that this member can read, `last_seq + 1` when there is none:
    what is before is from before their time, or is no longer kept.
    """

    id: ConversationId
    last_seq: int
    first_seq: int
    active_at: int


class Stretch(msgspec.Struct, frozen=True):
    """The events `after < seq <= upto`, which follow what the device has.

    `reset`: they do not follow it. What the device has of this conversation is of no use.
    """

    id: ConversationId
    after: int
    upto: int
    reset: bool = False

    def __len__(self) -> int:
        return self.upto - self.after

    def cut(self, most: int) -> Stretch:
        """Its oldest `most` events."""
        return msgspec.structs.replace(self, upto=min(self.upto, self.after + most))


class Portions(msgspec.Struct, frozen=True):
    """`most` events of a conversation at a time; of one that is new to the device the newest
    `first`, or its whole log from the beginning on when `first` is negative."""

    most: int
    first: int


def stretch_for(head: Head, have: int | None, portions: Portions) -> Stretch | None:
    """What to give next to a device that has applied up to `have`; None: it has everything.

    `have` None: the device does not know the conversation. A stretch may be empty: the device
    learns of the conversation, and reads its history when somebody asks for it.
    """
    if have == head.last_seq:
        return None
    known = have is not None and head.first_seq - 1 <= have < head.last_seq
    if have is not None and known:
        return Stretch(head.id, have, head.last_seq).cut(portions.most)
    reset = have is not None
    before_first = min(head.first_seq - 1, head.last_seq)
    if portions.first < 0:
        return Stretch(head.id, before_first, head.last_seq, reset).cut(portions.most)
    newest = head.last_seq - min(portions.first, portions.most)
    return Stretch(head.id, max(before_first, newest), head.last_seq, reset)
