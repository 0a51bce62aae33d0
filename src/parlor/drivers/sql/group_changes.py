"""What the events of a group change: who is in it, in which role, how it is set.

Called by `applying` in the transaction of the event, with the conversation's row locked. Each
member has the seq of the last event that changed their place (`changed_seq`), and those who left
a row in `departures`: together they say what has changed since any version of the list. That row
also keeps until when somebody is silenced, for when they come again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy import Column, Connection, delete, insert, select, update

from parlor.drivers.sql.conversation_rows import settings_of, stored_settings
from parlor.drivers.sql.group_tables import departures, group_links, join_requests
from parlor.drivers.sql.mentions import forget_mentions_of
from parlor.drivers.sql.self_log import put
from parlor.drivers.sql.standings import existing
from parlor.drivers.sql.tables import conversations, members
from parlor.model.event import Event, EventKind
from parlor.model.group import GroupSettings, Role, Visible
from parlor.model.ids import UserId
from parlor.model.self_log import Change, SelfKind, key_of


def joined(db: Connection, event: Event) -> None:
    """Raises NotFound when one of them does not exist; then nobody is in."""
    conversation, numbers = int(event.conversation_id), existing(db, event.members)
    history = settings_of(_column(db, conversation, conversations.c.settings)).history
    since = event.seq if history is Visible.SINCE_JOINED else 0
    among = (departures.c.conversation_id == conversation, departures.c.user_id.in_(numbers))
    back = {row.user_id: row for row in db.execute(select(departures).where(*among))}
    db.execute(delete(departures).where(*among))
    db.execute(
        delete(join_requests).where(
            join_requests.c.conversation_id == conversation, join_requests.c.user_id.in_(numbers)
        )
    )
    db.execute(
        insert(members),
        [
            {
                "conversation_id": conversation,
                "user_id": number,
                "role": Role.MEMBER.value,
                "joined_seq": event.seq,
                "read_seq": event.seq,
                "history_from": since,
                "muted_until": back[number].muted_until if number in back else 0,
                "said_at": back[number].said_at if number in back else 0,
                "changed_seq": event.seq,
            }
            for number in numbers
        ],
    )
    _count(db, conversation, len(numbers))
    listed(db, event)


def listed(db: Connection, event: Event, *, quietly: bool = False) -> None:
    """The conversation appears in the lists of those who came in with `event`.

    `quietly`: in that of the sender only, and in the others' once something is said there.
    """
    body = b'{"read_seq":%d}' % event.seq
    hidden = b'{"read_seq":%d,"hidden_seq":%d}' % (event.seq, event.seq)
    changes = [
        _change(event, user, hidden if quietly and user != event.sender else body)
        for user in event.members
    ]
    put(db, changes, event.sent_at)


def _left(db: Connection, event: Event) -> None:
    conversation = int(event.conversation_id)
    numbers = [int(user) for user in event.members]
    gone = (members.c.conversation_id == conversation, members.c.user_id.in_(numbers))
    left = db.execute(
        select(members.c.user_id, members.c.muted_until, members.c.said_at).where(*gone)
    ).all()
    db.execute(delete(members).where(*gone))
    forget_mentions_of(db, conversation, numbers)
    db.execute(
        insert(departures),
        [
            {
                "conversation_id": conversation,
                "user_id": row.user_id,
                "left_seq": event.seq,
                "muted_until": row.muted_until,
                "said_at": row.said_at,
            }
            for row in left
        ],
    )
    _count(db, conversation, -len(numbers))
    put(db, [_change(event, user, None) for user in event.members], event.sent_at)


def _role(db: Connection, event: Event) -> None:
    """A new owner among `members` makes an administrator of the sender."""
    assert event.role is not None
    if event.role is Role.OWNER:
        _set(db, event, [event.sender], role=Role.ADMINISTRATOR.value)
    _set(db, event, event.members, role=event.role.value)


def _mute(db: Connection, event: Event) -> None:
    """Nobody named: everybody below administrator, which is a setting of the group."""
    if event.members:
        _set(db, event, event.members, muted_until=0 if event.off else event.until)
        return
    old = settings_of(_column(db, int(event.conversation_id), conversations.c.settings))
    _store_settings(db, event, msgspec.structs.replace(old, all_muted=not event.off))


def _settings(db: Connection, event: Event) -> None:
    assert event.settings is not None
    _store_settings(db, event, event.settings)


def _store_settings(db: Connection, event: Event, settings: GroupSettings) -> None:
    stored = stored_settings(settings)
    _update(db, event, settings=stored, restricted=settings.restricts_sending)


def _announcement(db: Connection, event: Event) -> None:
    _update(db, event, announcement=event.text)


def _avatar(db: Connection, event: Event) -> None:
    _update(db, event, avatar=event.avatar)


def _dissolved(db: Connection, event: Event) -> None:
    """Whoever was on the way in stays outside."""
    conversation = int(event.conversation_id)
    _update(db, event, dissolved_at=event.sent_at, restricted=True)
    db.execute(
        update(group_links).where(group_links.c.conversation_id == conversation).values(ended=True)
    )
    db.execute(delete(join_requests).where(join_requests.c.conversation_id == conversation))


GROUP_CHANGES: Mapping[EventKind, Callable[[Connection, Event], None]] = {
    EventKind.JOINED: joined,
    EventKind.LEFT: _left,
    EventKind.ROLE: _role,
    EventKind.MUTE: _mute,
    EventKind.SETTINGS: _settings,
    EventKind.ANNOUNCEMENT: _announcement,
    EventKind.AVATAR: _avatar,
    EventKind.DISSOLVED: _dissolved,
}


def _column(db: Connection, conversation: int, column: Column[str]) -> str:
    return db.execute(select(column).where(conversations.c.id == conversation)).scalar_one()


def _update(db: Connection, event: Event, **values: object) -> None:
    here = conversations.c.id == int(event.conversation_id)
    db.execute(update(conversations).where(here).values(values))


def _set(db: Connection, event: Event, who: Sequence[UserId], **values: object) -> None:
    db.execute(
        update(members)
        .where(
            members.c.conversation_id == int(event.conversation_id),
            members.c.user_id.in_([int(user) for user in who]),
        )
        .values(values | {"changed_seq": event.seq})
    )


def _count(db: Connection, conversation: int, by: int) -> None:
    count = conversations.c.member_count
    db.execute(
        update(conversations)
        .where(conversations.c.id == conversation)
        .values(member_count=count + by)
    )


def _change(event: Event, user: UserId, body: bytes | None) -> Change:
    key = key_of(SelfKind.CONVERSATION, event.conversation_id)
    return Change(user, key, SelfKind.CONVERSATION, body)
