"""Message states <-> rows of `message_states`.

What a row keeps of the reactions is a summary; who gave which is in rows of their own table.
"""

from __future__ import annotations

from collections.abc import Set

import msgspec

from parlor.drivers.sql.database import AnyRow
from parlor.model.ids import UserId
from parlor.model.message_state import MessageState, Reaction

FIRST_USERS = 5
"""Of those who gave an emoji, so many are named."""

_seqs = msgspec.json.Decoder(tuple[int, ...])
_reactions = msgspec.json.Decoder(tuple[Reaction, ...])
_NONE: frozenset[str] = frozenset()


def state_of_row(row: AnyRow, mine: Set[str] = _NONE) -> MessageState:
    """`mine` are the emoji that the reader has given."""
    return MessageState(
        seq=row.seq,
        changed_seq=row.changed_seq,
        text=row.text,
        edits=_seqs.decode(row.edits) if row.edits else (),
        recalled_by=UserId("" if row.recalled_by is None else str(row.recalled_by)),
        pinned=row.pinned_seq > 0,
        reactions=reactions_of(row.reactions, mine),
    )


def reactions_of(stored: str, mine: Set[str] = _NONE) -> tuple[Reaction, ...]:
    if not stored:
        return ()
    found = _reactions.decode(stored)
    if not mine:
        return found
    return tuple(
        msgspec.structs.replace(reaction, mine=reaction.emoji in mine) for reaction in found
    )


def stored_reactions(reactions: tuple[Reaction, ...]) -> str:
    return msgspec.json.encode(reactions).decode() if reactions else ""


def stored_seqs(seqs: tuple[int, ...]) -> str:
    return msgspec.json.encode(seqs).decode() if seqs else ""
