"""Who people are."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.errors import BadRequest
from parlor.model.ids import UserId
from parlor.wire.native import methods as wire

MAX_IDS = 100


class People:
    def __init__(self, services: Services) -> None:
        self._services = services

    def bound(self) -> dict[str, Bound]:
        return {
            "me.get": bind(wire.MeGet, self.me),
            "users.find": bind(wire.UsersFind, self.find_users),
            "users.get": bind(wire.UsersGet, self.get_users),
        }

    async def me(self, caller: Caller, params: wire.MeGet) -> wire.UserResult:
        return wire.UserResult(await self._services.people.user(who(caller).user))

    async def find_users(self, caller: Caller, params: wire.UsersFind) -> wire.UsersResult:
        limit = page(params.limit)
        users, cursor = await self._services.people.find(params.query, params.cursor, limit)
        return wire.UsersResult(tuple(users), cursor)

    async def get_users(self, caller: Caller, params: wire.UsersGet) -> wire.UsersResult:
        if len(params.ids) > MAX_IDS:
            raise BadRequest(f"At most {MAX_IDS} ids.")
        users = await self._services.people.users([UserId(user) for user in params.ids])
        return wire.UsersResult(tuple(users))
