"""What `im` offers, as protocols: the gateway and the API are written against these.

Boot hands in the objects of this package; tests hand in small ones of their own. What each
method promises and raises is said where it is implemented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.conversation import ConversationKind, ConversationView
from parlor.model.event import Event
from parlor.model.ids import ConnectionKey, ConversationId, UserId


class Threads(Protocol):
    async def create(
        self,
        user: UserId,
        kind: ConversationKind,
        members: Sequence[UserId],
        title: str,
        *,
        client_id: str = "",
    ) -> tuple[ConversationView, bool]: ...
    async def get(self, user: UserId, id: ConversationId) -> ConversationView: ...
    async def page(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[ConversationView], str]: ...


class Send(Protocol):
    async def text(
        self,
        sender: UserId,
        conversation_id: ConversationId,
        client_id: str,
        text: str,
        *,
        reply_to: int = 0,
        mentions: Sequence[UserId] = (),
        mentions_all: bool = False,
        silent: bool = False,
        expires_in_s: int = 0,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event, bool]: ...


class Sync(Protocol):
    async def events(
        self,
        user: UserId,
        conversation_id: ConversationId,
        after: int | None,
        before: int | None,
        limit: int,
    ) -> tuple[Sequence[Event], int, bool]: ...


class Reading(Protocol):
    async def set(
        self, user: UserId, conversation_id: ConversationId, seq: int
    ) -> tuple[int, int]: ...
