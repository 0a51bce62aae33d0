"""Whether what a database says of its conversations is what their logs make of them.

Asked of every copy before it counts: a backup, what is restored from one, what was moved. Drivers
do not know what a log means, so the commands hand this to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import msgspec
from sqlalchemy import Connection, select

from parlor.drivers.sql.conversation_rows import (
    CONVERSATION_COLUMNS,
    MEMBER_COLUMNS,
    conversation_of_row,
    member_of_row,
)
from parlor.drivers.sql.copying import NAMED, NotSound
from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row
from parlor.drivers.sql.message_tables import message_states
from parlor.drivers.sql.state_rows import state_of_row
from parlor.drivers.sql.tables import conversations, events, members
from parlor.im.replay import MemberPlace, Snapshot, replay
from parlor.model.conversation import Conversation
from parlor.model.ids import UserId
from parlor.model.message_state import MessageState

AT_ONCE = 200
"""Conversations whose members and states are in memory together."""
ROWS = 500


def check_replay(db: Connection) -> None:
    """Raises NotSound, naming some conversations that disagree with their logs.

    A log whose beginning is past its retention cannot say what it made, and is not asked. The
    logs have no gaps: `copying.check_logs` has looked.
    """
    broken: list[str] = []
    after = 0
    while some := _some(db, after):
        after = int(some[-1].id)
        ids = [int(one.id) for one in some]
        places, states = _places(db, ids), _states(db, ids)
        stored = {int(one.id): one for one in some}
        for number, snapshot in _replayed(db, ids):
            if not _agrees(stored[number], places[number], states[number], snapshot):
                broken.append(str(number))
        if len(broken) >= NAMED:
            break
    if broken:
        named = ", ".join(broken[:NAMED])
        raise NotSound(f"these conversations are not what their logs say: {named}")


def _some(db: Connection, after: int) -> Sequence[Conversation]:
    wanted = (
        select(*CONVERSATION_COLUMNS)
        .where(conversations.c.id > after, conversations.c.first_seq == 1)
        .order_by(conversations.c.id)
        .limit(AT_ONCE)
    )
    return [conversation_of_row(row) for row in db.execute(wanted).all()]


def _places(db: Connection, ids: Sequence[int]) -> Mapping[int, dict[UserId, MemberPlace]]:
    found: defaultdict[int, dict[UserId, MemberPlace]] = defaultdict(dict)
    wanted = select(*MEMBER_COLUMNS, members.c.conversation_id)
    for row in db.execute(wanted.where(members.c.conversation_id.in_(ids))).all():
        one = member_of_row(row)
        place = MemberPlace(one.role, one.joined_seq, one.history_from, one.muted_until)
        found[row.conversation_id][one.user_id] = place
    return found


def _states(db: Connection, ids: Sequence[int]) -> Mapping[int, list[MessageState]]:
    found: defaultdict[int, list[MessageState]] = defaultdict(list)
    wanted = select(message_states).where(message_states.c.conversation_id.in_(ids))
    for row in db.execute(wanted).all():
        found[row.conversation_id].append(state_of_row(row))
    return found


def _replayed(db: Connection, ids: Sequence[int]) -> Iterator[tuple[int, Snapshot]]:
    """Nothing else may be asked of `db` until it is through: some drivers send rows as they go."""
    wanted = (
        select(*EVENT_COLUMNS)
        .where(events.c.conversation_id.in_(ids))
        .order_by(events.c.conversation_id, events.c.seq)
    )
    rows = db.execute(wanted, execution_options={"yield_per": ROWS})
    for number, log in groupby(rows, key=_conversation):
        yield number, replay(map(event_of_row, log))


def _conversation(row: AnyRow) -> int:
    return int(row[0])


def _agrees(
    stored: Conversation,
    places: Mapping[UserId, MemberPlace],
    states: Sequence[MessageState],
    made: Snapshot,
) -> bool:
    if (stored.title, stored.settings, stored.announcement, stored.avatar, stored.dissolved) != (
        made.title,
        made.settings,
        made.announcement,
        made.avatar,
        made.dissolved,
    ):
        return False
    if stored.member_count != len(places) or places != made.members:
        return False
    # Of a message that has expired there is no state any more. The words of an edit may be gone
    # from the log with those of its message.
    return all(
        state.seq in made.states
        and msgspec.structs.replace(made.states[state.seq], text=None)
        == msgspec.structs.replace(state, text=None)
        for state in states
    )
