"""The facts that rights are decided by, read in the transaction of what they allow."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from parlor.drivers.sql.conversation_rows import (
    CONVERSATION_COLUMNS,
    MEMBER_COLUMNS,
    conversation_of_row,
    member_of_row,
)
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import conversations, members, users
from parlor.model.conversation import Conversation, Member
from parlor.model.errors import NotFound
from parlor.model.group_link import GroupLink
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Standing


def locked(db: Connection, conversation: int | None) -> Conversation:
    """The conversation, in which nobody else acts until the transaction ends. Raises NotFound."""
    found = db.execute(
        select(*CONVERSATION_COLUMNS).where(conversations.c.id == conversation).with_for_update()
    ).first()
    if found is None:
        raise NotFound("There is no such conversation.")
    return conversation_of_row(found)


def members_of(
    db: Connection, conversation: int, users: Sequence[int | None]
) -> dict[UserId, Member]:
    """Those of `users` who are in it."""
    wanted = {user for user in users if user is not None}
    found = db.execute(
        select(*MEMBER_COLUMNS).where(
            members.c.conversation_id == conversation, members.c.user_id.in_(wanted)
        )
    )
    people = [member_of_row(row) for row in found]
    return {member.user_id: member for member in people}


def standing_of(
    db: Connection,
    conversation: ConversationId,
    actor: UserId,
    link: GroupLink | None = None,
    about: Sequence[UserId] = (),
) -> Standing:
    """Where `actor` stands, and those of `about` who are in it. Raises NotFound."""
    head = locked(db, number_of(conversation))
    people = members_of(db, int(head.id), [number_of(user) for user in (actor, *about)])
    others = {user: people[user] for user in about if user in people}
    return Standing(head, people.get(actor), others, link=link)


def existing(db: Connection, who: Sequence[UserId]) -> Sequence[int]:
    """Their numbers. Raises NotFound when one of them does not exist."""
    numbers = [number_of(user) for user in who]
    known = set(db.execute(select(users.c.id).where(users.c.id.in_(numbers))).scalars())
    found = [number for number in numbers if number in known and number is not None]
    if len(found) < len(who):
        raise NotFound("There is no such user.")
    return found
