"""One act on a conversation in SQL: the facts, the decision, the event, and what it changes.

Used by `drivers.sql.messages` only. The conversation's row is locked first, so acts on one
conversation happen one after the other whoever does them.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from parlor.drivers.sql.applying import apply
from parlor.drivers.sql.entrances import asking_of, link_of, use_link
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row, row_of_event
from parlor.drivers.sql.message_tables import message_states, reactions
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.standings import locked, members_of
from parlor.drivers.sql.state_rows import state_of_row
from parlor.drivers.sql.tables import conversations, events
from parlor.model.conversation import Conversation
from parlor.model.errors import ClientIdUsed, NotFound, NotMember
from parlor.model.event import Event, EventKind, event_of
from parlor.model.message_state import MessageState
from parlor.model.standing import Act, Decide, Standing


def perform(db: Connection, act: Act, decide: Decide, at_ms: int) -> tuple[Event | None, bool]:
    """As `ports.messages.Messages.act`, within a transaction."""
    conversation, actor = number_of(act.conversation_id), number_of(act.actor)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    if actor is None:
        raise NotMember
    head = locked(db, conversation)
    if act.client_id and (first := _known(db, conversation, actor, act.client_id)) is not None:
        if act.kind not in (None, first.kind) or act.target != first.target:
            raise ClientIdUsed
        return first, False
    draft = decide(_standing(db, head, act, actor))
    if draft is None:
        return None, False
    draft = msgspec.structs.replace(draft, client_id=act.client_id)
    # A clock that was set back never puts an event before the one that it follows.
    newest = db.execute(select(conversations.c.active_at).where(conversations.c.id == conversation))
    event = event_of(draft, head.last_seq + 1, max(at_ms, newest.scalar_one()))
    db.execute(insert(events), row_of_event(event))
    db.execute(
        update(conversations)
        .where(conversations.c.id == conversation)
        .values(last_seq=event.seq, active_at=event.sent_at)
    )
    apply(db, event)
    if act.link and event.kind is EventKind.JOINED:
        use_link(db, act.link)
    return event, True


def _known(db: Connection, conversation: int, actor: int, client_id: str) -> Event | None:
    found = db.execute(
        select(*EVENT_COLUMNS).where(
            events.c.conversation_id == conversation,
            events.c.sender_id == actor,
            events.c.client_id == client_id,
        )
    ).first()
    return None if found is None else event_of_row(found)


def _standing(db: Connection, head: Conversation, act: Act, actor: int) -> Standing:
    conversation = int(head.id)
    people = members_of(db, conversation, [actor, *map(number_of, act.about)])
    me = people.pop(act.actor, None) if act.actor not in act.about else people.get(act.actor)
    link = link_of(db, act.link) if act.link else None
    if link is not None and link.conversation_id != head.id:
        raise NotFound("There is no such link.")
    asking = asking_of(db, conversation, act.about) if act.asking else frozenset()
    if not act.target:
        return Standing(head, me, people, link=link, asking=asking)
    message, state = _message(db, conversation, act.target)
    mine = (reactions.c.conversation_id == conversation, reactions.c.seq == act.target)
    given = frozenset(
        db.execute(select(reactions.c.emoji).where(*mine, reactions.c.user_id == actor)).scalars()
    )
    pins = db.execute(
        select(func.count()).where(
            message_states.c.conversation_id == conversation, message_states.c.pinned_seq > 0
        )
    ).scalar_one()
    return Standing(head, me, people, message, state, given, pins, link=link, asking=asking)


def _message(
    db: Connection, conversation: int, seq: int
) -> tuple[Event | None, MessageState | None]:
    found = db.execute(
        select(*EVENT_COLUMNS).where(events.c.conversation_id == conversation, events.c.seq == seq)
    ).first()
    if found is None:
        return None, None
    state = db.execute(
        select(message_states).where(
            message_states.c.conversation_id == conversation, message_states.c.seq == seq
        )
    ).first()
    return event_of_row(found), None if state is None else state_of_row(state)
