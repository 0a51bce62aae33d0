"""The call service with everything around it in memory, and devices that ring.

Time stands still until `Exchange.pass_time`. Pushes arrive at once; storage can be told to
fail or to hang. Conversation ids are the two user ids joined by a dash.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from parlor.calls.ring import Calls
from parlor.calls.settings import CallsSettings
from parlor.model.call import CallView, Media
from parlor.model.errors import BadRequest, NotFound, NotMember, ParlorError
from parlor.model.event import CallRecord
from parlor.model.ids import CallId, ConversationId, UserId
from parlor.wire.native.pushes import CallPush, CallSignalPush, PushPayload

TICK_S = 0.25
UNIX_MS_AT_START = 1_700_000_000_000


class ManualClock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> float:
        return self.seconds

    def unix_ms(self) -> int:
        return UNIX_MS_AT_START + round((self.seconds - 1_000.0) * 1000)


class CountingEntropy:
    """Different bytes each time, the same ones in every run."""

    def __init__(self) -> None:
        self._next = 0

    def token_bytes(self, count: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(count, "big")


class Tally:
    """A meter that can be asked."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.values: dict[str, list[float]] = {}

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        self.counts[name + "".join(f" {k}={v}" for k, v in sorted(labels.items()))] += by

    def observe(self, name: str, value: float, **labels: str) -> None:
        self.values.setdefault(name, []).append(value)


class Journal:
    """Where outcomes are recorded; the same call is the same event, as in a conversation log.

    `failures` are raised first, one per attempt; `stored_but_unheard` attempts store and then
    raise. While `hanging` is set, an attempt never returns.
    """

    def __init__(self) -> None:
        self.events: list[tuple[ConversationId, CallRecord]] = []
        self.attempts = 0
        self.failures: list[ParlorError] = []
        self.stored_but_unheard: list[ParlorError] = []
        self.hanging = False

    async def record_call(self, conversation_id: ConversationId, record: CallRecord) -> None:
        self.attempts += 1
        if self.hanging:
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        if (conversation_id, record) not in self.events:
            self.events.append((conversation_id, record))
        if self.stored_but_unheard:
            raise self.stored_but_unheard.pop(0)

    def records(self) -> list[CallRecord]:
        return [record for _, record in self.events]


@dataclass
class Phone:
    """One device of one user; `seen` and `signals` are what was pushed to it."""

    exchange: Exchange
    user: UserId
    endpoint: str
    connected: bool = True
    seen: list[CallView] = field(default_factory=list)
    signals: list[CallSignalPush] = field(default_factory=list)

    @property
    def last(self) -> CallView:
        return self.seen[-1]

    async def call(self, other: Phone, media: Media = Media.AUDIO) -> CallView:
        pair = conversation_of(self.user, other.user)
        return await self.exchange.calls.start(self.user, self.endpoint, pair, media)

    async def show(self, call: CallView) -> CallView:
        return await self.exchange.calls.ringing(self.user, self.endpoint, call.id)

    async def accept(self, call: CallView) -> CallView:
        return await self.exchange.calls.accept(self.user, self.endpoint, call.id)

    async def reject(self, call: CallView) -> CallView:
        return await self.exchange.calls.reject(self.user, self.endpoint, call.id)

    async def hang_up(self, call: CallView) -> CallView:
        return await self.exchange.calls.hang_up(self.user, self.endpoint, call.id)

    async def signal(self, call_id: str, kind: str, payload: str) -> None:
        calls = self.exchange.calls
        await calls.signal(self.user, self.endpoint, CallId(call_id), kind, payload)

    def lose_connection(self) -> None:
        self.connected = False
        self.exchange.calls.on_endpoint_gone(self.user, self.endpoint)

    def reconnect(self) -> tuple[CallView, ...]:
        """What the reply to hello would list."""
        self.connected = True
        self.exchange.calls.on_endpoint_back(self.user, self.endpoint)
        return self.exchange.calls.of_user(self.user)


def conversation_of(one: UserId, other: UserId) -> ConversationId:
    return ConversationId("-".join(sorted((one, other))))


class Exchange:
    """The service, its neighbours and all devices."""

    def __init__(self, settings: CallsSettings | None = None) -> None:
        self.clock = ManualClock()
        self.journal = Journal()
        self.tally = Tally()
        self.phones: list[Phone] = []
        self._open_bus = asyncio.Event()
        self._open_bus.set()
        self.calls = Calls(
            conversations=self,
            recorder=self.journal,
            notifier=self,
            clock=self.clock,
            entropy=CountingEntropy(),
            meter=self.tally,
            settings=settings or CallsSettings(),
        )

    def phone(self, user: str, name: str) -> Phone:
        phone = Phone(self, UserId(user), f"{user}-{name}/1")
        self.phones.append(phone)
        return phone

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.clock.seconds += TICK_S
            await self.calls.on_time()

    def hold_pushes(self) -> asyncio.Event:
        """Let the bus take nothing until the event that is returned is set."""
        self._open_bus.clear()
        return self._open_bus

    async def require_direct_peer(self, user: UserId, conversation_id: ConversationId) -> UserId:
        members = conversation_id.split("-")
        if members[0] == "group":
            raise BadRequest
        if len(members) != 2:
            raise NotFound
        if user not in members:
            raise NotMember
        return UserId(members[1 - members.index(user)])

    async def notify(self, users: Sequence[UserId], payload: PushPayload) -> None:
        await self._open_bus.wait()
        for phone in self.phones:
            if phone.connected and phone.user in users and isinstance(payload, CallPush):
                phone.seen.append(payload.call)

    async def notify_endpoint(self, user: UserId, endpoint: str, payload: PushPayload) -> None:
        await self._open_bus.wait()
        for phone in self.phones:
            at_endpoint = (phone.user, phone.endpoint) == (user, endpoint)
            if phone.connected and at_endpoint and isinstance(payload, CallSignalPush):
                phone.signals.append(payload)
