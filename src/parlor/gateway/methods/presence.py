"""How people are there, and who types."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native.methods import presence as wire
from parlor.wire.native.methods.shape import Empty


class Presence:
    def __init__(self, services: Services) -> None:
        self._statuses = services.statuses
        self._watched = services.people_presence
        self._typing = services.typing

    def bound(self) -> dict[str, Bound]:
        return {
            "presence.set": bind(wire.PresenceSet, self.set, finishes=True),
            "presence.get": bind(wire.PresenceGet, self.get),
            "presence.watch": bind(wire.PresenceWatch, self.watch),
            "typing.set": bind(wire.TypingSet, self.typing),
        }

    async def set(self, caller: Caller, params: wire.PresenceSet) -> wire.StatusResult:
        status = await self._statuses.set(who(caller).user, params.state, params.text)
        return wire.StatusResult(status)

    async def get(self, caller: Caller, params: wire.PresenceGet) -> wire.PresenceResult:
        seen = await self._statuses.seen(who(caller).user, [UserId(user) for user in params.users])
        return wire.PresenceResult(tuple(seen))

    async def watch(self, caller: Caller, params: wire.PresenceWatch) -> wire.PresenceResult:
        seen = await self._watched.watch(caller.link, [UserId(user) for user in params.users])
        return wire.PresenceResult(tuple(seen))

    async def typing(self, caller: Caller, params: wire.TypingSet) -> Empty:
        conversation = ConversationId(params.conversation_id)
        await self._typing.set(who(caller).user, conversation, on=params.on)
        return Empty()
