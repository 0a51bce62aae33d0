"""What a member has made of a conversation, read and kept inside the unit of a change to it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, bindparam, select

from parlor.drivers.sql.self_log import put
from parlor.drivers.sql.self_tables import self_entries
from parlor.drivers.sql.tables import conversations, members
from parlor.drivers.sql.views import own_of_body
from parlor.model.errors import NotFound, NotMember
from parlor.model.ids import UserId
from parlor.model.own import OwnConversation
from parlor.model.self_log import Change, Entry, SelfKind, key_of

# The member's row is locked where an engine locks rows: two devices change one thing in turn.
_MEMBER = (
    select(members.c.read_seq)
    .where(
        members.c.conversation_id == bindparam("id"),
        members.c.user_id == bindparam("user"),
    )
    .with_for_update()
)
_HEAD = select(conversations.c.last_seq).where(conversations.c.id == bindparam("id"))
_BODY = select(self_entries.c.body).where(
    self_entries.c.user_id == bindparam("user"), self_entries.c.key == bindparam("key")
)


@dataclass(frozen=True, slots=True)
class Place:
    """A member's place in a conversation; `own.read_seq` is the one of the member's row."""

    conversation: int
    user: int
    last_seq: int
    own: OwnConversation

    @property
    def key(self) -> str:
        return key_of(SelfKind.CONVERSATION, str(self.conversation))


def place_of(db: Connection, conversation: int, user: int | None) -> Place:
    """Raises NotFound, NotMember."""
    last_seq = db.execute(_HEAD, {"id": conversation}).scalar()
    if last_seq is None:
        raise NotFound("There is no such conversation.")
    read_seq = db.execute(_MEMBER, {"id": conversation, "user": user}).scalar()
    if user is None or read_seq is None:
        raise NotMember
    key = key_of(SelfKind.CONVERSATION, str(conversation))
    body = db.execute(_BODY, {"user": user, "key": key}).scalar()
    own = msgspec.structs.replace(own_of_body(body), read_seq=read_seq)
    return Place(conversation, user, last_seq, own)


def keep_own(db: Connection, place: Place, own: OwnConversation, at_ms: int) -> Entry | None:
    """Put `own` into the self log; None when that changes nothing."""
    if own == place.own:
        return None
    user = UserId(str(place.user))
    body = msgspec.json.encode(own)
    return put(db, [Change(user, place.key, SelfKind.CONVERSATION, body)], at_ms)[0]
