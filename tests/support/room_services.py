"""Everything behind rooms, over one gateway: bus, history, pushing, publishing, presence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.history import MemoryHistory
from parlor.drivers.memory.log import MemoryLog
from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.presence import RoomPresence
from parlor.push.dispatch import Dispatch
from parlor.push.durable import DurablePushes
from parlor.push.listed import ListedRooms
from parlor.push.policies import Policies
from parlor.push.publishing import Publishing
from parlor.push.pushes import Pushes
from parlor.push.replay import Replay
from parlor.push.rooms import RoomPushes
from parlor.push.route import Route
from parlor.push.settings import DurableSettings, PushSettings
from tests.support.mail import small_mailboxes


class RoomServices:
    """Wired as boot does it. `running` holds the tasks; a test in virtual time may instead call
    `rooms.send_due` and `presence.tell` itself."""

    def __init__(self, gateway: Gateway, settings: PushSettings | None = None) -> None:
        settings = settings or PushSettings()
        self.gateway = gateway
        clock, entropy, meter = gateway.clock, gateway.entropy, gateway.meter
        self.counts = MemoryPresence(gateway.hub)
        self.bus = MemoryBus()
        self.route = Route(self.bus)
        self.policies = Policies(settings.rooms)
        self.history = MemoryHistory(
            clock, entropy, max_bytes=settings.history_bytes, max_rooms=settings.history_rooms
        )
        self.replay = Replay(self.route, self.history, self.policies)
        self.rooms = RoomPushes(self.replay, self.counts, clock, settings, self.policies)
        self.mailboxes = small_mailboxes(self.counts, self.bus, clock)
        dispatch = Dispatch(self.replay, self.rooms, self.mailboxes)
        log = MemoryLog(DurableSettings().limits())
        self.durable = DurablePushes(log, dispatch, clock, meter, DurableSettings())
        self.pushes = Pushes(dispatch, self.durable, self.counts, clock, entropy, meter, settings)
        self.publishing = Publishing(self.rooms, self.policies, clock, entropy, meter, settings)
        self.listed = ListedRooms(self.counts, self.policies, clock, settings)
        self.presence = RoomPresence(gateway, self.counts, self.route, self.policies, settings)
        self.deliver = Deliver(gateway, self.bus)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(self.deliver.run()),
            asyncio.create_task(self.rooms.run()),
            asyncio.create_task(self.presence.run()),
            asyncio.create_task(self.mailboxes.run()),
            asyncio.create_task(self.durable.run()),
        ]
        async with asyncio.timeout(10):
            await self.deliver.subscribed.wait()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
