"""A device that does what a client must: keeps what it does until it is answered, applies events
in order, asks for what is missing. Whatever breaks, it connects and goes on."""

from __future__ import annotations

import asyncio
import random
from itertools import count

from websockets.exceptions import InvalidHandshake

from parlor.client import Connection, ConnectionClosed, connect
from parlor.model.errors import ParlorError, RateLimited
from parlor.model.event import Event
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import PushMessage
from parlor.wire.native.pushes import EventPush
from tests.support.histories import Acknowledged, History
from tests.support.people import Person

PAGE = 50
_BROKEN = (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, ParlorError)
"""What a server that dies, a link that is cut and a database that is away look like."""


class Device:
    """Goes on from `live` to `leave`. What it was told goes into `history` under `name`."""

    def __init__(
        self,
        person: Person,
        name: str,
        url: str,
        conversations: list[str],
        history: History,
        seed: int,
    ) -> None:
        self.name = name
        self.logs: dict[str, list[Event]] = {one: [] for one in conversations}
        self.connects = 0
        self._person = person
        self._url = url
        self._history = history
        self._chance = random.Random(seed)
        self._numbers = count(1)
        self._pending: wire.MessageSend | None = None
        self._behind: set[str] = set()
        self._woken = asyncio.Event()
        self._finishing = False
        self._silent = asyncio.Event()
        self._leaving = asyncio.Event()
        history.devices[name] = self.logs

    async def fall_silent(self) -> None:
        """Begin nothing more; returns when all that was begun is answered."""
        self._finishing = True
        await self._silent.wait()

    def leave(self) -> None:
        """Once everybody is silent: `live` returns when every log is whole."""
        self._leaving.set()

    async def live(self) -> None:
        while True:
            try:
                async with connect(self._url, self._person.token, on_push=self._heard) as link:
                    self.connects += 1
                    self._behind.update(self.logs)
                    async with asyncio.TaskGroup() as both:
                        listening = both.create_task(self._keep_up(link))
                        await self._act(link)
                        self._silent.set()
                        await self._leaving.wait()
                        listening.cancel()
                    await self._catch_up(link)
                return
            except _BROKEN:
                pass
            except ExceptionGroup as several:
                if several.split(_BROKEN)[1] is not None:
                    raise
            await asyncio.sleep(self._chance.uniform(0.02, 0.2))

    async def _act(self, link: Connection) -> None:
        """What is pending first, as it was: nobody knows whether it was stored."""
        while self._pending is not None or not self._finishing:
            if self._pending is None and self._chance.random() < 0.2:
                await self._read(link)
                continue
            self._pending = self._pending or self._something_to_say()
            try:
                sent = await link.request(self._pending, wire.MessageSendResult, timeout_s=5)
            except RateLimited as busy:
                await asyncio.sleep(busy.retry_after_s)
                continue
            self._acknowledged(self._pending, sent.event)
            self._pending = None
            await asyncio.sleep(self._chance.uniform(0, 0.02))

    def _something_to_say(self) -> wire.MessageSend:
        client_id = f"{self.name}-{next(self._numbers)}"
        conversation = self._chance.choice(list(self.logs))
        return wire.MessageSend(conversation, client_id, f"{client_id} says 你好")

    def _acknowledged(self, message: wire.MessageSend, event: Event) -> None:
        said = Acknowledged(
            message.conversation_id,
            self._person.id,
            message.client_id,
            event.seq,
            message.text,
        )
        self._history.acknowledged.append(said)
        self._take(event)

    async def _read(self, link: Connection) -> None:
        conversation = self._chance.choice(list(self.logs))
        upto = self._chance.randint(0, len(self.logs[conversation]))
        done = await link.request(wire.ReadSet(conversation, upto), wire.ReadResult, timeout_s=5)
        # Answers and pushes of two devices may cross; what one's own request gives may not.
        self._history.reads.setdefault((self.name, conversation), []).append(done.read_seq)

    def _heard(self, push: PushMessage) -> None:
        if isinstance(push.data, EventPush):
            self._take(push.data.event)

    def _take(self, event: Event) -> None:
        log = self.logs[event.conversation_id]
        if event.seq == len(log) + 1:
            log.append(event)
        elif event.seq > len(log):
            self._behind.add(event.conversation_id)
            self._woken.set()

    async def _keep_up(self, link: Connection) -> None:
        while True:
            while self._behind:
                await self._fill(link, self._behind.pop())
            self._woken.clear()
            await self._woken.wait()

    async def _catch_up(self, link: Connection) -> None:
        for conversation in self.logs:
            await self._fill(link, conversation)

    async def _fill(self, link: Connection, conversation: str) -> None:
        self._behind.add(conversation)
        more = True
        while more:
            log = self.logs[conversation]
            wanted = wire.EventsList(conversation, after=len(log), limit=PAGE)
            page = await link.request(wanted, wire.EventsResult, timeout_s=5)
            for event in page.events:
                if event.seq == len(self.logs[conversation]) + 1:
                    self.logs[conversation].append(event)
            more = page.more
        self._behind.discard(conversation)
