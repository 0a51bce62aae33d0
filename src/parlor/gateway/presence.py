"""Telling rooms who comes and goes, where their policy asks for it."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.comings import Comings, Rule
from parlor.model.ids import RoomId
from parlor.ports.presence import Presence
from parlor.push.policies import Policies
from parlor.push.settings import PushSettings
from parlor.wire.native.pushes import RoomPresencePush


class RoomNotifier(Protocol):
    """`push.route.Route` as this module sees it."""

    async def notify_room(self, room: RoomId, payload: RoomPresencePush) -> None: ...


class RoomPresence:
    """Watches the gateway's hub from the moment it is made; `run` sends."""

    def __init__(
        self,
        gateway: Gateway,
        presence: Presence,
        route: RoomNotifier,
        policies: Policies,
        settings: PushSettings,
    ) -> None:
        self._gateway = gateway
        self._presence = presence
        self._route = route
        self._policies = policies
        self._tick_s = settings.presence_tick_s
        per_member_s = settings.presence_window_per_member_s
        self.comings = Comings(gateway.hub, self._rule_of, per_member_s)
        gateway.hub.watch(self.comings)

    async def run(self) -> None:
        """Tell, until cancelled. One task per process."""
        while True:
            await asyncio.sleep(self._tick_s)
            await self.tell()

    async def tell(self) -> None:
        """One round of `run`."""
        for event in self.comings.due(self._gateway.clock.now()):
            room = RoomId(event.room)
            online = self._presence.in_room(room)
            await self._route.notify_room(room, msgspec.structs.replace(event, online=online))

    def _rule_of(self, room: RoomId) -> Rule | None:
        policy = self._policies.of(room)
        if not policy.presence:
            return None
        return Rule(policy.presence_named, policy.presence_window_s)
