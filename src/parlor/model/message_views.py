"""What is told about messages: what they said before, who reacted, where copies of them went."""

from __future__ import annotations

import msgspec

from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState


class Version(msgspec.Struct, frozen=True):
    """What a message said from `at_ms` (Unix ms) on, by the event `seq`."""

    seq: int
    at_ms: int
    text: str


class Reactor(msgspec.Struct, frozen=True):
    """Somebody who reacted, by the event `at_seq`."""

    user_id: UserId
    emoji: str
    at_seq: int


class ForwardedTo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The copies in one conversation. `refused`: the code of the error for which some are missing,
    or empty; asking again with the same `client_id` sends no more than those."""

    conversation_id: ConversationId
    events: tuple[Event, ...]
    refused: str = ""


class ShownMessage(msgspec.Struct, frozen=True):
    """A message that can be read, and what has become of it."""

    event: Event
    state: MessageState | None = None

    @property
    def text(self) -> str:
        """What it says now."""
        if self.state is None or self.state.text is None:
            return self.event.text
        return self.state.text
