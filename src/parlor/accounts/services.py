"""What both the gateway and the API ask about people (`people.People`), as a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.account import User
from parlor.model.ids import UserId


class People(Protocol):
    async def user(self, id: UserId) -> User: ...
    async def users(self, ids: Sequence[UserId]) -> Sequence[User]: ...
    async def find(self, query: str, cursor: str, limit: int) -> tuple[Sequence[User], str]: ...
