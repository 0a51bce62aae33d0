"""What is announced to conversations with too many members to name, on its way to those here.

Flow: `gateway.deliver` puts an announcement -> whoever is here and not yet looked up is looked up
(one bounded query for 256 people) -> all that waits for one conversation is joined into one write
a link. Concurrency: one task, so that announcements to one conversation keep their order; a long
walk lets the loop breathe. Nothing grows with the members, only with those of them who are here.

The first announcement to a quiet conversation leaves at once; the next waits a time that grows
with the audience, so that one busy group of thousands takes a bounded part of the processor. What
is lost here only delays: a client sees the gap in seq. A gap makes this look up anew, too, before
it says more, since it may have been somebody's join, or somebody who left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import structlog

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.audiences import Audiences
from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.state.outbox import Frame
from parlor.gateway.walk import Walk
from parlor.model.errors import ParlorError
from parlor.model.event import Event, EventKind
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.push import Delivery, ToConversation
from parlor.wire.native.pushes import EventPush, PushPayload

log = structlog.get_logger()

SLICE = 50
"""Links per turn of the loop, about 0.3 ms of writing: an answer needs some turns, and a busy
conversation is walked nearly all the time."""
LOOK_UP = 256
"""Pairs in one query."""
MAX_PAIRS = 50_000
"""Pairs that are looked up before one walk. Where more have come than that, the conversations
that were quiet longest are forgotten; they are looked up when they next say something."""
RECHECK_S = 10.0
"""How soon after one look a gap in seq makes for another."""


class Memberships(Protocol):
    """What `ports.conversations` offers."""

    async def among(
        self, pairs: Sequence[tuple[ConversationId, UserId]]
    ) -> Collection[tuple[ConversationId, UserId]]: ...


class _Told(NamedTuple):
    name: str
    payload: PushPayload
    not_to: ConnectionKey | None


class LargeConversations:
    def __init__(self, gateway: Gateway, memberships: Memberships) -> None:
        self._gateway = gateway
        self._memberships = memberships
        self._settings = gateway.settings
        self.audiences = Audiences(gateway.hub, gateway.settings.large_places)
        self._waiting: dict[ConversationId, list[_Told]] = {}
        self._due: dict[ConversationId, float] = {}
        self.waiting = 0
        """Announcements that are not in the outboxes yet."""
        self._wake = asyncio.Event()
        self._one = asyncio.Lock()

    def put_nowait(self, to: ToConversation, name: str, payload: PushPayload) -> None:
        """Deliver soon. With too much waiting the oldest of this conversation is dropped."""
        waiting = self._waiting.setdefault(to.conversation, [])
        waiting.append(_Told(name, payload, to.not_to))
        self.waiting += 1
        if self.waiting > self._settings.large_waiting:
            del waiting[0]
            self.waiting -= 1
            self._gateway.meter.count("large_dropped_total")
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled. One task per process."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None
        while True:
            await self._wake.wait()
            self._wake.clear()
            if timer is not None:
                timer.cancel()
            now = self._gateway.clock.now()
            await self._deliver([each for each in self._waiting if self._due.get(each, 0) <= now])
            if self._waiting:
                now = self._gateway.clock.now()
                first = min(self._due.get(each, now) for each in self._waiting)
                timer = loop.call_later(max(0.0, first - now), self._wake.set)

    async def settle(self) -> None:
        """Return when all that waits now is in the outboxes, whatever it should have waited."""
        await self._deliver(tuple(self._waiting))

    async def _deliver(self, conversations: Sequence[ConversationId]) -> None:
        async with self._one:
            conversations = [each for each in conversations if each in self._waiting]
            if not conversations:
                return
            try:
                await self._look_up(conversations)
            except ParlorError as failed:
                self._give_up(conversations, failed)
                return
            for conversation in conversations:
                await self._tell(conversation)

    def _give_up(self, conversations: Sequence[ConversationId], why: ParlorError) -> None:
        """Nobody can say who is in them: what waited is lost, and the next asks again."""
        lost = sum(len(self._waiting.pop(each)) for each in conversations)
        self.waiting -= lost
        for each in self.audiences.conversations():
            self.audiences.drop(each)
        self._gateway.meter.count("large_dropped_total", lost)
        log.warning("large_conversation_not_looked_up", reason=repr(why), lost=lost)

    async def _look_up(self, conversations: Sequence[ConversationId]) -> None:
        """Afterwards everybody who was here at the call is known, in all of `conversations`."""
        audiences, now = self.audiences, self._gateway.clock.now()
        new = [each for each in conversations if not self._is_known(each, now)]
        arrived = audiences.take_arrivals()
        kept = [each for each in audiences.conversations() if each not in new]
        while kept and len(kept) * len(arrived) > MAX_PAIRS:
            audiences.drop(kept.pop(0))
        new += [each for each in conversations if each not in new and each not in kept]
        pairs = [(conversation, user) for conversation in kept for user in arrived]
        if new:
            here = self._gateway.hub.users()
            for each in new:
                audiences.open(each, now)
            pairs += [(conversation, user) for conversation in new for user in here]
        for start in range(0, len(pairs), LOOK_UP):
            for conversation, user in await self._memberships.among(pairs[start : start + LOOK_UP]):
                audiences.put(conversation, (user,))

    def _is_known(self, conversation: ConversationId, now: float) -> bool:
        """Whether its audience is the one that these announcements are for."""
        if conversation not in self.audiences:
            return False
        audience = self.audiences.use(conversation)
        audience.note(_events(self._waiting[conversation]))
        age = now - audience.looked_up_at
        return age <= (RECHECK_S if audience.has_gap else self._settings.large_refresh_s)

    async def _tell(self, conversation: ConversationId) -> None:
        told = self._waiting.pop(conversation)
        self.waiting -= len(told)
        if conversation not in self.audiences:
            # There were more places in those that speak now than are remembered.
            self._gateway.meter.count("large_dropped_total", len(told))
            return
        audience = self.audiences.use(conversation)
        audience.note(_events(told))
        per_link_s = self._settings.large_window_per_link_s
        now = self._gateway.clock.now()
        self._due = {each: at for each, at in self._due.items() if at > now}
        # Who leaves hears of it, and of nothing that was said afterwards. Where many leave, the
        # others go before the second walk: each has been told by name.
        first, rest = _up_to_a_departure(told)
        members = _net(_events(first))
        self._come(conversation, members)
        self._due[conversation] = now + len(audience.links) * per_link_s
        leavers = {user for user, is_in in members.items() if not is_in}
        await self._walk(first, list(audience.links), leavers)
        self._go(conversation, members)
        if rest:
            members = _net(_events(rest))
            self._come(conversation, members)
            self._go(conversation, members)
            await self._walk(rest, list(audience.links), ())

    def _come(self, conversation: ConversationId, members: Mapping[UserId, bool]) -> None:
        self.audiences.put(conversation, [user for user, is_in in members.items() if is_in])

    def _go(self, conversation: ConversationId, members: Mapping[UserId, bool]) -> None:
        self.audiences.leave(conversation, [user for user, is_in in members.items() if not is_in])

    async def _walk(
        self, told: Sequence[_Told], links: list[Link], leavers: Collection[UserId]
    ) -> None:
        """`leavers` are told by name that they have left, so they do not get it here again."""
        hub = self._gateway.hub
        keys = {one.not_to for one in told if one.not_to is not None}
        apart = {link for link in map(hub.by_key, keys) if link is not None}
        apart.update(link for user in leavers for link in hub.of_user(user) if link in links)
        if apart:
            links = [link for link in links if link not in apart]
        for link in apart:
            theirs = _before_leaving(told, link.user) if link.user in leavers else told
            rest = [one for one in theirs if one.not_to != link.key]
            if rest:
                _walk_of(rest).put([link])
        walk = _walk_of(told)
        for start in range(0, len(links), SLICE):
            # Each slice of a wide walk has a turn of its own: nothing could join what it writes.
            walk.put(links[start : start + SLICE], alone=len(links) > SLICE)
            await asyncio.sleep(0)


def _before_leaving(told: Sequence[_Told], user: UserId) -> Sequence[_Told]:
    """What was announced until `user` left for good: what is said afterwards is not theirs."""
    for place in range(len(told) - 1, -1, -1):
        payload = told[place].payload
        event = payload.event if isinstance(payload, EventPush) else None
        if event is not None and event.kind is EventKind.LEFT and user in event.members:
            return told[:place]
    return told


def _walk_of(told: Sequence[_Told]) -> Walk:
    """All of it as one frame for each codec."""

    def make(codec: LinkCodec) -> Frame | None:
        made = [codec.notice(one.name, one.payload) for one in told]
        frames = [frame for frame in made if frame is not None]
        if len(frames) == 1:
            return frames[0]
        data = b"".join([frame.data for frame in frames])
        return Frame(data, Delivery.MUST_ARRIVE, len(frames)) if frames else None

    return Walk(make)


def _events(told: Sequence[_Told]) -> Sequence[Event]:
    return [one.payload.event for one in told if isinstance(one.payload, EventPush)]


def _up_to_a_departure(told: Sequence[_Told]) -> tuple[Sequence[_Told], Sequence[_Told]]:
    """What is up to and with the first by which somebody leaves, and the rest."""
    for place, one in enumerate(told, 1):
        if isinstance(one.payload, EventPush) and one.payload.event.kind is EventKind.LEFT:
            return told[:place], told[place:]
    return told, ()


def _net(events: Sequence[Event]) -> dict[UserId, bool]:
    """Who is in the conversation after `events`, and who is not, of those whom they are about."""
    members: dict[UserId, bool] = {}
    for event in events:
        if event.kind is EventKind.JOINED or event.kind is EventKind.LEFT:
            members.update(dict.fromkeys(event.members, event.kind is EventKind.JOINED))
    return members
