"""Facts for the pure decisions of `im`: a group, its people and one message in it."""

from __future__ import annotations

from parlor.model.conversation import Conversation, ConversationKind, Member
from parlor.model.event import Event, EventKind
from parlor.model.group import GroupSettings, Role
from parlor.model.ids import UserId, event_id
from parlor.model.message_state import MessageState
from parlor.model.standing import Act, Standing
from tests.support.storage import ANN, BOB, CEM, TALK

NOW = 1_800_000_000_000
SAID = 7
"""The seq of the message, which ANN wrote at NOW."""
ROLES = {ANN: Role.OWNER, BOB: Role.MEMBER, CEM: Role.ADMINISTRATOR}


def group(settings: GroupSettings | None = None, **fields: object) -> Conversation:
    known = {"settings": settings or GroupSettings(), **fields}
    return Conversation(TALK, ConversationKind.GROUP, "Team", 20, **known)  # type: ignore[arg-type]


def direct() -> Conversation:
    return Conversation(TALK, ConversationKind.DIRECT, "", 20)


def member(user: UserId, **fields: object) -> Member:
    return Member(user, ROLES[user], 1, 1, **fields)  # type: ignore[arg-type]


def said(sender: UserId = ANN, *, kind: EventKind = EventKind.MESSAGE, **fields: object) -> Event:
    fields.setdefault("text", "hello")
    return Event(TALK, SAID, event_id(TALK, SAID), kind, sender, NOW, **fields)  # type: ignore[arg-type]


def standing(
    actor: UserId | None = ANN,
    message: Event | None = None,
    *,
    conversation: Conversation | None = None,
    mine: dict[str, object] | None = None,
    state: MessageState | None = None,
    **fields: object,
) -> Standing:
    """`actor` None: somebody who is not in it. `mine` goes into the actor's Member."""
    return Standing(
        conversation or group(),
        None if actor is None else member(actor, **(mine or {})),
        {BOB: member(BOB)},
        message or said(),
        state,
        **fields,  # type: ignore[arg-type]
    )


def act(actor: UserId = ANN, *about: UserId) -> Act:
    return Act(TALK, actor, "c-1", about, SAID)


def state(**fields: object) -> MessageState:
    return MessageState(SAID, SAID + 1, **fields)  # type: ignore[arg-type]
