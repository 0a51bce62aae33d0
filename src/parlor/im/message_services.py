"""What `im` offers for messages that are there, as protocols. See `services`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.event import Event
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.message_views import ForwardedTo, Reactor, ShownMessage, Version
from parlor.model.scheduled import Said, Scheduled


class Acts(Protocol):
    async def edit(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        text: str,
        *,
        mentions: Sequence[UserId] = (),
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]: ...
    async def recall(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]: ...
    async def react(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        emoji: str,
        *,
        off: bool = False,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]: ...
    async def pin(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        *,
        off: bool = False,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]: ...


class States(Protocol):
    async def of(
        self, user: UserId, conversation_id: ConversationId, events: Sequence[Event]
    ) -> Sequence[MessageState]: ...
    async def pins(
        self, user: UserId, conversation_id: ConversationId, before: int | None, limit: int
    ) -> tuple[Sequence[ShownMessage], int]: ...
    async def history(
        self, user: UserId, conversation_id: ConversationId, seq: int
    ) -> Sequence[Version]: ...
    async def reactions(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        emoji: str,
        after: int,
        limit: int,
    ) -> tuple[Sequence[Reactor], int]: ...


class Forwarding(Protocol):
    async def forward(
        self,
        user: UserId,
        source: ConversationId,
        seqs: Sequence[int],
        targets: Sequence[ConversationId],
        client_id: str,
        *,
        merged: bool = False,
        text: str = "",
    ) -> Sequence[ForwardedTo]: ...


class Schedules(Protocol):
    async def put(
        self,
        user: UserId,
        conversation_id: ConversationId,
        client_id: str,
        at_ms: int,
        said: Said,
    ) -> tuple[Scheduled, bool]: ...
    async def page(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[Scheduled], str]: ...
    async def cancel(self, user: UserId, client_id: str) -> bool: ...
