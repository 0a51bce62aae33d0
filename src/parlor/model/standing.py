"""What an act is decided by: the facts, as they are inside the transaction that will store it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from parlor.model.conversation import Conversation, Member
from parlor.model.errors import BadRequest, NotMember
from parlor.model.event import Draft, Event, EventKind
from parlor.model.group_link import GroupLink
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState


class Act(msgspec.Struct, frozen=True):
    """Somebody wants to change a conversation.

    `about` are the users and `target` the seq of the event (0: none) whose facts the decision
    needs. The same `client_id` of the same actor there is the same act; empty: never compared.
    """

    conversation_id: ConversationId
    actor: UserId
    client_id: str = ""
    about: tuple[UserId, ...] = ()
    target: int = 0
    link: str = ""
    """The code of the link by which the actor comes in; then its use is counted."""
    asking: bool = False
    """Whether it matters who of `about` has asked to come in."""
    kind: EventKind | None = None
    """What it is going to be: a `client_id` that was something else there is refused. None: any."""


class Standing(msgspec.Struct, frozen=True):
    """`actor` is None for somebody who is not in it. `others` has those of `Act.about` who are.

    `message` is the target event with how it stands now, None when there is no such event;
    `reactions` are what the actor has given it.
    """

    conversation: Conversation
    actor: Member | None
    others: Mapping[UserId, Member]
    message: Event | None = None
    state: MessageState | None = None
    reactions: frozenset[str] = frozenset()
    pins: int = 0
    """Messages that are pinned in the conversation."""
    link: GroupLink | None = None
    asking: frozenset[UserId] = frozenset()

    @property
    def member(self) -> Member:
        """The actor. Raises NotMember."""
        if self.actor is None:
            raise NotMember
        return self.actor

    @property
    def target(self) -> Event:
        """The event that it is about, which the actor may see. Raises NotMember, BadRequest."""
        member = self.member
        if self.message is None or self.message.seq < member.history_from:
            raise BadRequest("There is no such message.")
        return self.message


Decide = Callable[[Standing], Draft | None]
"""Pure, and called inside a transaction, perhaps on another thread. None: there is nothing to do.
What it raises refuses the act."""
