"""Which messages refer to which files: written with the message, gone with its words.

No work is done for messages without a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, insert, select

from parlor.drivers.sql.by_keys import MOST, ByKeys
from parlor.drivers.sql.file_tables import file_uses, files
from parlor.drivers.sql.locks import has_one_writer
from parlor.model.errors import NotFound
from parlor.model.event import Draft, Event, files_of
from parlor.model.file import AttachedFile
from parlor.model.ids import FileId

_WANTED = select(
    files.c.id,
    files.c.name,
    files.c.size,
    files.c.type,
    files.c.width,
    files.c.height,
    files.c.preview,
    files.c.owner_id,
).order_by(files.c.id)
_THERE = ByKeys(_WANTED, files.c.id)
_KEPT = ByKeys(_WANTED.with_for_update(), files.c.id)


class KnownFile(NamedTuple):
    owner: int
    file: AttachedFile


def lock_files(db: Connection, drafts: Iterable[Draft]) -> Mapping[FileId, KnownFile]:
    """Those of the drafts' files that are there, and that stay there until the commit."""
    wanted = sorted({file.id for draft in drafts for file in files_of(draft)})
    query = _THERE if has_one_writer(db) else _KEPT
    rows = (
        row
        for start in range(0, len(wanted), MOST)
        for row in query.rows(db, wanted[start : start + MOST])
    )
    return {row[0]: KnownFile(row[-1], AttachedFile(*row[:-1])) for row in rows}


def with_files(draft: Draft, known: Mapping[FileId, KnownFile], sender: int) -> Draft:
    """`draft` with what is known of its files; of those it brings, only the ids count.

    Somebody's own message refers to their own files; what they pass on, others have sent. Raises
    NotFound.
    """
    if not files_of(draft):
        return draft
    passes_on = draft.forwarded is not None

    def found(file: AttachedFile | None, *, is_own: bool) -> AttachedFile | None:
        if file is None:
            return None
        there = known.get(file.id)
        if there is None or (is_own and there.owner != sender):
            raise NotFound("There is no such file.")
        return there.file

    return msgspec.structs.replace(
        draft,
        file=found(draft.file, is_own=not passes_on),
        merged=tuple(
            msgspec.structs.replace(one, file=found(one.file, is_own=False)) for one in draft.merged
        ),
    )


def note_uses(db: Connection, said: Iterable[Event]) -> None:
    """Those of messages that have just been stored."""
    rows = [
        {
            "conversation_id": int(event.conversation_id),
            "seq": event.seq,
            "file_id": file_id,
            "expires_at": event.expires_at,
        }
        for event in said
        for file_id in dict.fromkeys(file.id for file in files_of(event))
    ]
    if rows:
        db.execute(insert(file_uses), rows)


def forget_uses(db: Connection, gone: Sequence[Event]) -> None:
    """Of messages of one conversation whose words are gone."""
    seqs = [event.seq for event in gone if files_of(event)]
    if seqs:
        conversation = int(gone[0].conversation_id)
        theirs = (file_uses.c.conversation_id == conversation, file_uses.c.seq.in_(seqs))
        db.execute(delete(file_uses).where(*theirs))
