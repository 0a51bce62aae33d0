"""What `im` offers, as protocols: the gateway and the API are written against these.

Boot hands in the objects of this package; tests hand in small ones of their own. What each
method promises and raises is said where it is implemented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from parlor.im.changes import ChangesPage
from parlor.im.own import OwnPage
from parlor.im.search import Filters, Hit
from parlor.im.stars import StarredMessage
from parlor.model.conversation import ConversationKind, ConversationView
from parlor.model.event import Event
from parlor.model.ids import ConnectionKey, ConversationId, DeviceId, UserId
from parlor.model.own import Arrangement
from parlor.model.self_log import Entry


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
        file: str = "",
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


class Search(Protocol):
    async def messages(
        self, user: UserId, text: str, filters: Filters, cursor: str, limit: int
    ) -> tuple[Sequence[Hit], str]: ...


class Reading(Protocol):
    async def set(
        self, user: UserId, conversation_id: ConversationId, seq: int
    ) -> tuple[int, int]: ...


class OwnLog(Protocol):
    async def list(self, user: UserId, after: int, cursor: str, limit: int) -> OwnPage: ...
    async def arrange(
        self, user: UserId, conversation_id: ConversationId, wish: Arrangement
    ) -> Entry | None: ...


class Drafts(Protocol):
    async def set(
        self,
        user: UserId,
        conversation_id: ConversationId,
        text: str,
        reply_to: int,
        *,
        device: DeviceId = ...,
        seen: int | None = None,
    ) -> Entry | None: ...


class Preferences(Protocol):
    async def set(self, user: UserId, name: str, value: str | None) -> Entry | None: ...


class Stars(Protocol):
    async def set(
        self, user: UserId, conversation_id: ConversationId, seq: int, *, on: bool
    ) -> Entry | None: ...
    async def list(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[StarredMessage], str]: ...


class CatchUp(Protocol):
    async def seq_at(self, user: UserId, conversation_id: ConversationId, at_ms: int) -> int: ...
    async def page(
        self,
        user: UserId,
        have: Mapping[ConversationId, int],
        self_seq: int,
        *,
        self_cursor: str = "",
        cursor: str = "",
        limit: int,
    ) -> ChangesPage: ...


@dataclass(frozen=True, slots=True)
class OwnServices:
    """What is one person's own, and catching up with everything."""

    log: OwnLog
    drafts: Drafts
    preferences: Preferences
    stars: Stars
    changes: CatchUp
