"""What one member sees of conversations, as queries: their list, one of them, some of them.

Used by `drivers.sql.conversations` and `drivers.sql.changes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from parlor.drivers.sql.conversation_rows import settings_of
from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row
from parlor.drivers.sql.mentions import first_mentions
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.receipt_columns import peer_columns
from parlor.drivers.sql.self_tables import self_entries
from parlor.drivers.sql.tables import conversations, events, members
from parlor.model.conversation import ConversationKind, ConversationView
from parlor.model.event import EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId
from parlor.model.own import OwnConversation

MAX_UNREAD = 1_000
"""Counting stops here: nobody reads a larger number, and a count costs its size."""
_UNREAD_LOOK = 2 * MAX_UNREAD
"""Events at the end of a log among which unread messages are counted. A count of LIMITed rows
would be exact, but MariaDB lets no subquery in FROM see the row around it."""
_CARRIES = (
    (b'{"merged":', b'{"merged;'),
    (b'{"forwarded":', b'{"forwarded;'),
    (b'{"file":', b'{"file;'),
)
"""What `rest` begins with, as ranges of bytes, where a message carries others and no text; the
second when it is itself a forwarded one; and where it has a file."""

JOINED = members.join(conversations)
Before = tuple[int, ConversationId]
_NEWEST_FIRST = (conversations.c.active_at.desc(), conversations.c.id.desc())
_ORDINARY = OwnConversation()
_own = msgspec.json.Decoder(OwnConversation)


def own_of_body(body: bytes | None) -> OwnConversation:
    return _own.decode(body) if body else _ORDINARY


def view_of(db: Connection, viewer: int, conversation: int) -> ConversationView | None:
    """None when `viewer` is not a member."""
    wanted = {"viewer": viewer, "id": conversation}
    found = db.execute(_VIEW, wanted).first()
    return None if found is None else _view(found, viewer)


def views_of(db: Connection, viewer: int, ids: Sequence[int]) -> Sequence[ConversationView]:
    """Those of `ids` that `viewer` is in, in no order."""
    found = db.execute(_VIEWS, {"viewer": viewer, "ids": list(ids)})
    return [_view(row, viewer) for row in found]


def newest_views(
    db: Connection, viewer: int, before: Before | None, limit: int
) -> Sequence[ConversationView]:
    """As `ports.conversations.Conversations.views`.

    Chooses first and looks afterwards: unread messages are counted for those on the page, not for
    all that have to be put in order.
    """
    chosen = (
        select(conversations.c.id)
        .select_from(JOINED)
        .where(members.c.user_id == viewer, *_before(before))
        .order_by(*_NEWEST_FIRST)
        .limit(limit)
        .subquery()
    )
    wanted = _VIEW_ROWS.where(conversations.c.id.in_(select(chosen.c.id)))
    found = db.execute(wanted.order_by(*_NEWEST_FIRST), {"viewer": viewer})
    return [_view(row, viewer) for row in found]


def heads_of(db: Connection, viewer: int, before: Before | None, limit: int) -> Sequence[AnyRow]:
    """(id, last_seq, active_at, first_seq, history_from), newest first."""
    return db.execute(
        select(
            conversations.c.id,
            conversations.c.last_seq,
            conversations.c.active_at,
            conversations.c.first_seq,
            members.c.history_from,
        )
        .select_from(JOINED)
        .where(members.c.user_id == viewer, *_before(before))
        .order_by(*_NEWEST_FIRST)
        .limit(limit)
    ).all()


def unread_of(db: Connection, reader: int, conversation: int) -> int:
    """Counts up to MAX_UNREAD. `reader` is a member."""
    mine = (members.c.conversation_id == conversation, members.c.user_id == reader)
    unread: int = db.execute(select(_unread()).select_from(JOINED).where(*mine)).scalar_one()
    return min(unread, MAX_UNREAD)


def _before(before: Before | None) -> Sequence[ColumnElement[bool]]:
    if before is None:
        return ()
    place = tuple_(conversations.c.active_at, conversations.c.id)
    return (place < tuple_(before[0], number_of(before[1]) or 0),)


def _unread() -> ScalarSelect[int]:
    """Messages of others after the read position that still say something, for the row of `JOINED`
    around it. Of one that was taken back or has expired only an empty one is left.
    """
    return (
        select(func.count())
        .select_from(events)
        .where(
            events.c.conversation_id == conversations.c.id,
            events.c.seq > members.c.read_seq,
            events.c.seq > conversations.c.last_seq - _UNREAD_LOOK,
            events.c.sender_id != members.c.user_id,
            events.c.kind == EventKind.MESSAGE.value,
            or_(
                func.length(events.c.text) > 0,
                *(events.c.rest.between(*carries) for carries in _CARRIES),
            ),
        )
        .correlate(conversations, members)
        .scalar_subquery()
    )


def _view_rows() -> Select[Any]:
    """One row per conversation of `viewer`: everything a list shows, in a single query."""
    last = (events.c.conversation_id == conversations.c.id) & (
        events.c.seq == conversations.c.last_seq
    )
    own = (self_entries.c.user_id == members.c.user_id) & (
        self_entries.c.key == literal("c:").concat(cast(conversations.c.id, String(20)))
    )
    return (
        select(
            *EVENT_COLUMNS,
            conversations.c.kind.label("conversation_kind"),
            conversations.c.title,
            conversations.c.active_at,
            conversations.c.first_seq,
            conversations.c.last_said_seq,
            conversations.c.member_count,
            conversations.c.low_user_id,
            conversations.c.high_user_id,
            conversations.c.settings,
            conversations.c.announcement,
            conversations.c.avatar,
            conversations.c.dissolved_at,
            members.c.read_seq,
            members.c.role,
            members.c.history_from,
            members.c.muted_until,
            self_entries.c.body.label("own"),
            _unread().label("unread"),
            *peer_columns(),
            *first_mentions(),
        )
        .select_from(JOINED.join(events, last).outerjoin(self_entries, own))
        .where(members.c.user_id == bindparam("viewer"))
    )


_VIEW_ROWS = _view_rows()
_VIEW = _VIEW_ROWS.where(conversations.c.id == bindparam("id"))
_VIEWS = _VIEW_ROWS.where(conversations.c.id.in_(bindparam("ids", expanding=True)))


def _view(row: AnyRow, viewer: int) -> ConversationView:
    last_event = event_of_row(row[: len(EVENT_COLUMNS)])
    peer = row.high_user_id if row.low_user_id == viewer else row.low_user_id
    own = own_of_body(row.own)
    return ConversationView(
        id=last_event.conversation_id,
        kind=ConversationKind(row.conversation_kind),
        title=row.title,
        last_seq=last_event.seq,
        read_seq=row.read_seq,
        unread=min(row.unread, MAX_UNREAD),
        mentioned_seq=min(filter(None, (row.mentioned_me, row.mentioned_all)), default=0),
        active_at=row.active_at,
        last_event=last_event,
        peer=None if peer is None else UserId(str(peer)),
        member_count=row.member_count,
        role=Role(row.role),
        history_from=max(row.history_from, row.first_seq if row.first_seq > 1 else 0),
        muted_until=row.muted_until,
        settings=settings_of(row.settings),
        announcement=row.announcement,
        avatar=row.avatar,
        dissolved=row.dissolved_at > 0,
        peer_read_seq=row.peer_read_seq or 0,
        peer_delivered_seq=max(row.peer_delivered_seq or 0, row.peer_read_seq or 0),
        pinned=own.pinned,
        notify=own.notify,
        hidden=own.hidden_seq > 0 and own.hidden_seq >= row.last_said_seq,
        unread_mark=own.unread_mark,
    )
