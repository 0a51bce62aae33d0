"""What `im` offers about people, as protocols: the gateway and the API are written against these.

As `im.services`; what each method promises and raises is said where it is implemented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.im.profiles import PrivacyWish
from parlor.model.account import User
from parlor.model.ids import ConversationId, UserId
from parlor.model.people import Blocked, Contact, Privacy, Profile
from parlor.model.picture import Picture
from parlor.model.status import Presence, State, Status


class Contacts(Protocol):
    async def request(self, user: UserId, peer: UserId, text: str) -> Contact: ...
    async def decide(self, user: UserId, peer: UserId, *, accept: bool) -> Contact: ...
    async def update(
        self, user: UserId, peer: UserId, remark: str | None, tags: Sequence[str] | None
    ) -> Contact: ...
    async def remove(self, user: UserId, peer: UserId) -> None: ...
    async def page(
        self, user: UserId, kind: str, cursor: str, limit: int
    ) -> tuple[Sequence[Contact], str]: ...
    async def block(self, user: UserId, peer: UserId, *, on: bool) -> None: ...
    async def blocked(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[Blocked], str]: ...


class Profiles(Protocol):
    async def get(self, viewer: UserId, user: UserId) -> Profile: ...
    async def update(
        self,
        user: UserId,
        *,
        display_name: str | None = None,
        about: str | None = None,
        avatar: str | None = None,
    ) -> User: ...
    async def privacy(self, user: UserId) -> Privacy: ...
    async def set_privacy(self, user: UserId, wish: PrivacyWish) -> Privacy: ...


class Pictures(Protocol):
    async def put(self, user: UserId, data: bytes) -> Picture: ...
    async def get(self, id: str) -> tuple[str, bytes]: ...


class Statuses(Protocol):
    async def set(self, user: UserId, state: State, text: str) -> Status: ...
    async def seen(self, viewer: UserId, users: Sequence[UserId]) -> Sequence[Presence]: ...


class Typing(Protocol):
    async def set(self, user: UserId, conversation_id: ConversationId, *, on: bool) -> None: ...
