"""Message states <-> rows of `message_states`. The reactions are rows of a table of their own."""

from __future__ import annotations

import msgspec

from parlor.drivers.sql.database import AnyRow
from parlor.model.ids import UserId
from parlor.model.message_state import MessageState

_seqs = msgspec.json.Decoder(tuple[int, ...])


def state_of_row(row: AnyRow) -> MessageState:
    return MessageState(
        seq=row.seq,
        changed_seq=row.changed_seq,
        text=row.text,
        edits=_seqs.decode(row.edits) if row.edits else (),
        recalled_by=UserId("" if row.recalled_by is None else str(row.recalled_by)),
        pinned=row.pinned_seq > 0,
    )
