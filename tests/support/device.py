"""A device that does what a client must: keeps what it does until it is answered, applies events
in order, asks for what is missing. Whatever breaks, it connects and goes on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from websockets.exceptions import InvalidHandshake

from parlor.client import Connection, ConnectionClosed, connect
from parlor.model.errors import NotMember, ParlorError, RateLimited
from parlor.model.event import Event
from parlor.model.message_state import MessageState
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import PushMessage
from parlor.wire.native.methods.own import SelfList, SelfResult, SyncChanges, SyncResult
from parlor.wire.native.pushes import EventPush, SelfPush
from tests.support.doings import Doing, Doings
from tests.support.histories import History
from tests.support.own_log import OwnLog
from tests.support.people import Person
from tests.support.told import keep_answer, keep_refusal, keep_states

PAGE = 50
ANSWER_S = 60
"""A link that is cut ends the waiting. One that lives is answered sooner, however slow it is."""
PAUSE_S, LONGEST_PAUSE_S = 0.2, 1.6
"""Between two attempts: a server that is about to start has better things to do."""
_BROKEN = (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, ParlorError)
"""What a server that dies, a link that is cut and a database that is away look like."""


class Device:
    """Goes on from `live` to `leave`. What it was told goes into `history` under `name`.

    It keeps up by `sync.changes` if `by_changes`, otherwise by `events.list` and `self.list`.
    """

    def __init__(
        self,
        person: Person,
        name: str,
        url: str,
        conversations: Sequence[str],
        history: History,
        seed: int,
        *,
        guest: str,
        by_changes: bool,
    ) -> None:
        self.name = name
        self.logs: dict[str, list[Event]] = {one: [] for one in conversations}
        self.own = OwnLog(self._read_elsewhere)
        self.connects = 0
        self.trouble: Counter[str] = Counter()
        """What ended a link, or kept one from being made, by code or kind of failure."""
        self._pause_s = PAUSE_S
        self._person = person
        self._url = url
        self._history = history
        self._chance = random.Random(seed)
        self._doings = Doings(person.id, name, guest, self.logs, self._chance)
        self._by_changes = by_changes
        self._pending: Doing | None = None
        self._behind: set[str] = set()
        self._own_behind = False
        self._woken = asyncio.Event()
        self._finishing = False
        self._silent = asyncio.Event()
        self._leaving = asyncio.Event()
        history.devices[name] = self.logs
        history.own.devices[name] = person.id, self.own.entries

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.connects} connections, waits for {self._pending}, is behind in "
            f"{sorted(self._behind)}{' and its own' * self._own_behind}, heard {dict(self.trouble)}"
        )

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
                    self._pause_s = PAUSE_S
                    self._miss_everything()
                    async with asyncio.TaskGroup() as both:
                        listening = both.create_task(self._keep_up(link))
                        await self._act(link)
                        self._silent.set()
                        await self._leaving.wait()
                        listening.cancel()
                    self._miss_everything()
                    await self._fill(link)
                return
            except _BROKEN as broken:
                self._count(broken)
            except ExceptionGroup as several:
                if several.split(_BROKEN)[1] is not None:
                    raise
                self._count(several.exceptions[0])
            await asyncio.sleep(self._chance.uniform(0.02, self._pause_s))
            self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)

    def _count(self, broken: Exception) -> None:
        code = broken.code if isinstance(broken, ParlorError) else ""
        self.trouble[code or type(broken).__name__] += 1

    async def _act(self, link: Connection) -> None:
        """What is pending first, as it was: nobody knows whether it was stored."""
        while self._pending is not None or not self._finishing:
            if self._pending is None and self._chance.random() < 0.2:
                await self._read(link)
                continue
            self._pending = self._pending or self._doings.next()
            try:
                answer = await link.request(
                    self._pending.params, self._pending.result, timeout_s=ANSWER_S
                )
            except RateLimited as busy:
                await asyncio.sleep(busy.retry_after_s)
                continue
            except ParlorError as refused:
                if refused.retry or type(refused) is ParlorError:
                    raise
                keep_refusal(self._history, self._person.id, self._pending, refused)
            else:
                for event in keep_answer(self._history, self._person.id, self._pending, answer):
                    self._take(event)
            self._pending = None
            await asyncio.sleep(self._chance.uniform(0, 0.02))

    async def _read(self, link: Connection) -> None:
        conversation = self._chance.choice(list(self.logs))
        upto = self._chance.randint(0, len(self.logs[conversation]))
        try:
            done = await link.request(
                wire.ReadSet(conversation, upto), wire.ReadResult, timeout_s=ANSWER_S
            )
        except NotMember:
            return
        # Answers and pushes of two devices may cross; what one's own request gives may not.
        self._history.reads.setdefault((self.name, conversation), []).append(done.read_seq)

    def _read_elsewhere(self, conversation: str, seq: int) -> None:
        name = f"{self.name}, own log"
        self._history.reads.setdefault((name, conversation), []).append(seq)

    def _heard(self, push: PushMessage) -> None:
        if isinstance(push.data, EventPush):
            self._take(push.data.event)
        elif isinstance(push.data, SelfPush) and not self.own.hear(push.data.entry):
            self._own_behind = True
            self._woken.set()

    def _take(self, event: Event) -> None:
        log = self.logs[event.conversation_id]
        if event.seq == len(log) + 1:
            log.append(event)
        elif event.seq > len(log):
            self._behind.add(event.conversation_id)
            self._woken.set()

    def _miss_everything(self) -> None:
        self._behind.update(self.logs)
        self._own_behind = True

    async def _keep_up(self, link: Connection) -> None:
        while True:
            await self._fill(link)
            self._woken.clear()
            await self._woken.wait()

    async def _fill(self, link: Connection) -> None:
        """Until nothing is missing. Interrupted anywhere, it begins again."""
        while self._behind or self._own_behind:
            if self._by_changes:
                await self._fill_by_changes(link)
            elif self._behind:
                await self._fill_by_list(link, next(iter(self._behind)))
            else:
                await self._fill_own(link)

    async def _fill_by_changes(self, link: Connection) -> None:
        cursor, more = "", False
        while True:
            have = {conversation: len(log) for conversation, log in self.logs.items()}
            wanted = SyncChanges(have, self.own.seq, self.own.cursor, cursor, PAGE)
            page = await link.request(wanted, SyncResult, timeout_s=ANSWER_S)
            for change in page.changes:
                if change.reset:
                    self.logs[change.conversation.id].clear()
                self._apply(change.conversation.id, change.events, change.states)
                more = more or change.more
            self.own.apply(page.own)
            cursor = page.cursor
            if not cursor and not self.own.cursor:
                break
        if not more:
            self._behind.clear()
            self._own_behind = False

    async def _fill_by_list(self, link: Connection, conversation: str) -> None:
        more = True
        while more:
            wanted = wire.EventsList(conversation, after=len(self.logs[conversation]), limit=PAGE)
            try:
                page = await link.request(wanted, wire.EventsResult, timeout_s=ANSWER_S)
            except NotMember:
                break
            self._apply(conversation, page.events, page.states)
            more = page.more
        self._behind.discard(conversation)

    async def _fill_own(self, link: Connection) -> None:
        wanted = SelfList(self.own.seq, self.own.cursor)
        self.own.apply(await link.request(wanted, SelfResult, timeout_s=ANSWER_S))
        self._own_behind = bool(self.own.cursor)

    def _apply(
        self, conversation: str, events: Sequence[Event], states: Sequence[MessageState]
    ) -> None:
        log = self.logs[conversation]
        for event in events:
            if event.seq == len(log) + 1:
                log.append(event)
        keep_states(self._history, conversation, states)
