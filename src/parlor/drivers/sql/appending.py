"""Appending to event logs: the path of every message, so its statements are kept as text.

Appends that wait for the same commit are stored together: two queries, one insert and one update
whatever their number. A statement costs more in the path around it than its row costs in the
database, and each gives up the interpreter's lock, which a busy event loop is slow to hand back.

Called by `drivers.sql.messages` inside its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, literal_column, select, update

from parlor.drivers.sql.applying_messages import expect_expiry
from parlor.drivers.sql.by_keys import MOST, ByKeys
from parlor.drivers.sql.conversation_rows import settings_of
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row, row_of_event
from parlor.drivers.sql.file_uses import lock_files, note_uses, with_files
from parlor.drivers.sql.locks import lock_conversations
from parlor.drivers.sql.many_rows import ManyRows
from parlor.drivers.sql.mentions import note_mentions
from parlor.drivers.sql.tables import conversations, events, members
from parlor.model.errors import (
    BadRequest,
    ClientIdUsed,
    Forbidden,
    NotFound,
    NotMember,
    NotWanted,
    ParlorError,
)
from parlor.model.event import Draft, Event, event_of
from parlor.model.group import GroupSettings, Permission, Role
from parlor.model.speaking import check_may_speak

_PLACES = ByKeys(
    select(
        members.c.conversation_id,
        members.c.user_id,
        conversations.c.last_seq,
        conversations.c.active_at,
        conversations.c.restricted,
        members.c.role,
        members.c.muted_until,
        members.c.barred,
        members.c.said_at,
    ).join_from(members, conversations),
    members.c.conversation_id,
    members.c.user_id,
)
_HEADS = ByKeys(
    select(conversations.c.id, conversations.c.last_seq, conversations.c.active_at),
    conversations.c.id,
)
_KNOWN = ByKeys(
    select(*EVENT_COLUMNS), events.c.conversation_id, events.c.sender_id, events.c.client_id
)
# Only for conversations that are restricted, and for messages to everybody.
_RULES = ByKeys(
    select(conversations.c.id, conversations.c.settings, conversations.c.dissolved_at),
    conversations.c.id,
)
_SAID = (
    update(members)
    .where(members.c.conversation_id == bindparam("talk"), members.c.user_id == bindparam("who"))
    .values(said_at=bindparam("at"))
)
_ROWS = ManyRows(events)
_newest = select(events).where(events.c.conversation_id == conversations.c.id)
# Numbers that are part of the text: the kept statement has no parameters but its keys.
_newest = _newest.order_by(events.c.seq.desc()).limit(literal_column("1"))
_newest = _newest.offset(literal_column("0"))
_ADVANCE = ByKeys(
    update(conversations).values(
        last_seq=_newest.with_only_columns(events.c.seq).scalar_subquery(),
        # Only messages and calls come this way.
        last_said_seq=_newest.with_only_columns(events.c.seq).scalar_subquery(),
        active_at=_newest.with_only_columns(events.c.sent_at).scalar_subquery(),
    ),
    conversations.c.id,
)

_Pair = tuple[int, int]
_Key = tuple[int, int, str]


@dataclass(slots=True)
class Append:
    """One message that waits to be stored."""

    draft: Draft
    at_ms: int
    by_member: bool
    conversation: int
    sender: int
    mentions: tuple[int | None, ...]
    """None for one whose id is no number."""

    @property
    def key(self) -> _Key:
        return self.conversation, self.sender, self.draft.client_id


def append_all(
    db: Connection, appends: Sequence[Append]
) -> Sequence[tuple[Event, bool] | ParlorError]:
    """Store `appends` in their order; a refused one takes no seq and hinders no other."""
    lock_conversations(db, (append.conversation for append in appends))
    places = _places(db, appends)
    known = _known(db, {append.key for append in appends if append.draft.client_id})
    known_files = lock_files(db, (append.draft for append in appends))
    outcomes: list[tuple[Event, bool] | ParlorError] = []
    created: list[Event] = []
    for append in appends:
        first = known.get(append.key) if append.draft.client_id else None
        if first is not None:
            # Before anything that may have changed since it was stored: also who is in.
            same = first.kind is append.draft.kind
            outcomes.append((first, False) if same else ClientIdUsed())
            continue
        try:
            head = places.check_inside(append)
            places.check_may_say(append, head)
            draft = with_files(append.draft, known_files, append.sender)
        except ParlorError as refused:
            outcomes.append(refused)
            continue
        # A clock that was set back never puts a message before the one that it follows.
        head.active_at = max(head.active_at, append.at_ms)
        head.last_seq += 1
        event = event_of(draft, head.last_seq, head.active_at)
        places.note_said(append)
        known[append.key] = event
        created.append(event)
        outcomes.append((event, True))
    if created:
        _store(db, created)
        for (talk, who), at in places.said.items():
            db.execute(_SAID, {"talk": talk, "who": who, "at": at})
    return outcomes


def said_before(
    db: Connection, conversation: int, sender: int, client_ids: Sequence[str]
) -> Sequence[Event]:
    """Those of `client_ids` that are stored, in their order."""
    keys = [(conversation, sender, client_id) for client_id in client_ids]
    known = _known(db, set(keys))
    return [known[key] for key in keys if key in known]


def _store(db: Connection, created: Sequence[Event]) -> None:
    _ROWS.insert(db, [tuple(row_of_event(event).values()) for event in created])
    expect_expiry(db, created)
    note_mentions(db, created)
    note_uses(db, created)
    changed = {int(event.conversation_id): None for event in created}
    for some in _pieces(list(changed)):
        _ADVANCE.run(db, some)


@dataclass(slots=True)
class _Head:
    """Where a conversation's log ends, with what this commit has added."""

    last_seq: int
    active_at: int


class _Place(NamedTuple):
    """Of a member, as `_PLACES` selects it."""

    conversation: int
    user: int
    last_seq: int
    active_at: int
    restricted: int
    role: str
    muted_until: int
    barred: int
    said_at: int


class _Places:
    """What the members concerned may do, and where their conversations stand."""

    def __init__(self) -> None:
        self.heads: dict[int, _Head] = {}
        self.inside: dict[_Pair, _Place] = {}
        self.rules: dict[int, tuple[GroupSettings, bool]] = {}
        """Settings, and whether it was dissolved; of those where that matters."""
        self.said: dict[_Pair, int] = {}
        """When members said something where there is a slow mode, in this commit."""

    def check_inside(self, append: Append) -> _Head:
        """Raises NotFound, NotMember."""
        head = self.heads.get(append.conversation)
        if head is None:
            raise NotFound("There is no such conversation.")
        if append.by_member and (append.conversation, append.sender) not in self.inside:
            raise NotMember
        return head

    def check_may_say(self, append: Append, head: _Head) -> None:
        """Raises BadRequest, and for members what `model.speaking` and being barred raise."""
        draft, conversation = append.draft, append.conversation
        if append.by_member:
            place = self.inside[conversation, append.sender]
            if place.barred:
                raise NotWanted
            if conversation in self.rules:
                self._check_rules(append, place)
            elif append.at_ms < place.muted_until:
                raise Forbidden("You are muted in this group.")
        if not 0 <= draft.reply_to <= head.last_seq:
            raise BadRequest("There is no such message to reply to.")
        if append.mentions and not all(
            (conversation, user) in self.inside for user in append.mentions
        ):
            raise BadRequest("Only members of the conversation can be mentioned.")

    def _check_rules(self, append: Append, place: _Place) -> None:
        pair = (append.conversation, append.sender)
        settings, dissolved = self.rules[append.conversation]
        role = Role(place.role)
        check_may_speak(
            settings,
            role,
            dissolved=dissolved,
            muted_until=place.muted_until,
            said_at=self.said.get(pair, place.said_at),
            now_ms=append.at_ms,
        )
        everybody = settings.least_role(Permission.MENTION_ALL)
        if append.draft.mentions_all and not role.at_least(everybody):
            raise Forbidden("You may not call everybody in this group.")

    def note_said(self, append: Append) -> None:
        """It is going to be stored."""
        rules = self.rules.get(append.conversation)
        if rules is not None and rules[0].slow_mode_s and append.by_member:
            self.said[append.conversation, append.sender] = append.at_ms


def _places(db: Connection, appends: Sequence[Append]) -> _Places:
    pairs = {(append.conversation, append.sender) for append in appends}
    for append in appends:
        if append.mentions:
            pairs.update(
                (append.conversation, user) for user in append.mentions if user is not None
            )
    places = _Places()
    heads, inside = places.heads, places.inside
    for some in _pieces(list(pairs)):
        for row in _PLACES.rows(db, some):
            place = _Place._make(row)
            inside[place.conversation, place.user] = place
            heads[place.conversation] = _Head(place.last_seq, place.active_at)
    others = {conversation for conversation, _ in pairs} - heads.keys()
    for some in _pieces(list(others)):
        for number, last_seq, active_at in _HEADS.rows(db, some):
            heads[number] = _Head(last_seq, active_at)
    ruled = {place.conversation for place in inside.values() if place.restricted}
    ruled.update(append.conversation for append in appends if append.draft.mentions_all)
    for some in _pieces(list(ruled)):
        for number, settings, dissolved_at in _RULES.rows(db, some):
            places.rules[number] = settings_of(settings), dissolved_at > 0
    return places


def _known(db: Connection, keys: set[_Key]) -> dict[_Key, Event]:
    return {
        (row[0], row[3], row[5]): event_of_row(row)
        for some in _pieces(list(keys))
        for row in _KNOWN.rows(db, some)
    }


def _pieces(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (keys[start : start + MOST] for start in range(0, len(keys), MOST))
