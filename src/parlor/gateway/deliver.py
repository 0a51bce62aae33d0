"""From the bus to the outboxes: who of this process gets a push, and in which codec.

Owns the walk over the members of an audience. Encodes once per codec and shares the frame; a
long walk lets the loop breathe, and each slice is written before the next begins. Paced walks go
beside the others, each with a lane of its own for what has to stay behind it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec
import structlog

from parlor.gateway.gateway import Gateway
from parlor.gateway.large import LargeConversations
from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.state.outbox import Frame
from parlor.gateway.state.pacing import Pacing
from parlor.gateway.walk import Walk
from parlor.model.errors import WireError
from parlor.model.ids import ConnectionKey, PushId, RoomId
from parlor.model.push import (
    Audience,
    Delivery,
    Envelope,
    Notice,
    Push,
    ToAll,
    ToConnections,
    ToConversation,
    ToDevices,
    ToRoom,
    ToUsers,
)
from parlor.model.room import Position
from parlor.ports.bus import Bus
from parlor.push.route import PUSH_SUBJECT, Route, parse_routed
from parlor.wire.native.pushes import PUSHES, PushPayload

log = structlog.get_logger()

SLICE = 250
"""Links per turn of the loop: about 1.5 ms of writing."""
_NOTHING = Push(PushId(""), b"")
EVERYBODY = RoomId("")
"""The lane of pushes to all; no room has this name."""


class Deliver:
    """Hands what `push.route` publishes to the links of this process.

    Pushes to one reader keep the order of publishing, but for paced ones: pushes to the same room,
    or to all, stay behind those, and everything else goes past. `large` takes what is for
    conversations with too many members to name; without it nobody gets that.
    """

    def __init__(self, gateway: Gateway, bus: Bus, large: LargeConversations | None = None) -> None:
        self._large = large
        self._gateway = gateway
        self._hub = gateway.hub
        self._bus = bus
        self._put_in_turn = 0
        self._lanes: dict[RoomId, deque[Envelope]] = {}
        self.behind_paced = 0
        """Envelopes that wait for a paced one to the same audience."""
        self._is_hurried = False
        self._marks: dict[ConnectionKey, asyncio.Event] = {}
        self._is_unpaced = asyncio.Event()
        self._is_unpaced.set()
        self.subscribed = asyncio.Event()
        """Set once pushes are heard; what was published before is not delivered here."""

    @property
    def paced(self) -> int:
        """Audiences that a paced push is on its way to."""
        return len(self._lanes)

    async def run(self) -> None:
        """Deliver until cancelled. A message on the bus that is no push is logged and skipped:
        it came from another version, and the next one is a push again."""
        async with (
            asyncio.TaskGroup() as tasks,
            self._bus.subscribe(PUSH_SUBJECT) as messages,
        ):
            self.subscribed.set()
            async for message in messages:
                try:
                    routed = parse_routed(message)
                    if isinstance(routed, Notice):
                        await self._notify(routed)
                    elif not self._is_in_lane(routed, tasks):
                        await self.deliver(routed)
                except WireError as broken:
                    self._gateway.meter.count("bus_messages_refused_total")
                    log.warning("bus_message_refused", reason=str(broken))
                await self._breathe(1)

    async def settle(self) -> None:
        """Return when all that was published before is in the outboxes.

        Paced pushes lose their pace for good: this is for the end of the process.
        """
        self._is_hurried = True
        mark = ConnectionKey(self._gateway.entropy.token_bytes(9).hex())
        reached = self._marks[mark] = asyncio.Event()
        await Route(self._bus).publish(Envelope(ToConnections((mark,)), (_NOTHING,)))
        await reached.wait()
        await self._is_unpaced.wait()
        if self._large is not None:
            await self._large.settle()

    async def deliver(self, envelope: Envelope) -> None:
        """Put the pushes into the outboxes of their audience here; yields every few hundred."""
        links = self._audience(envelope.to)
        skip = self._begin(envelope)
        walk = Walk.of(envelope, self._gateway.traces.legs(envelope))
        try:
            await self._walk(walk, links, skip)
        finally:
            self._end(envelope, walk)
        if self._marks and isinstance(envelope.to, ToConnections):
            for key in envelope.to.keys:
                if key in self._marks:
                    self._marks.pop(key).set()

    def notify(self, notice: Notice) -> int:
        """Put a push that the server itself makes into the outboxes of its users here.

        Returns how many links it went to; 0 for a large conversation, whose links get it later.
        Raises WireError when this version has no such push.
        """
        if isinstance(notice.to, ToConversation):
            if self._large is not None:
                self._large.put_nowait(notice.to, notice.name, _parse_payload(notice))
            return 0
        links = self._audience(notice.to)
        if links:
            _notice_walk(notice).put(links)
        return len(links)

    async def _notify(self, notice: Notice) -> None:
        if isinstance(notice.to, ToRoom):
            links = self._audience(notice.to)
            if links:
                await self._walk(_notice_walk(notice), links, None)
        else:
            self.notify(notice)

    async def _walk(self, walk: Walk, links: Sequence[Link], skip: set[Link] | None) -> None:
        # Each slice of a wide walk has a turn of its own, so nothing could join what is written.
        alone = len(links) > SLICE
        done = 0
        while done < len(links):
            step = links[done : done + SLICE - self._put_in_turn]
            done += len(step)
            walk.put([link for link in step if link not in skip] if skip else step, alone=alone)
            await self._breathe(len(step))

    async def _breathe(self, steps: int) -> None:
        """Let the loop write and read after every few hundred links or messages."""
        self._put_in_turn += steps
        if self._put_in_turn >= SLICE:
            self._put_in_turn = 0
            await asyncio.sleep(0)

    def _is_in_lane(self, envelope: Envelope, tasks: asyncio.TaskGroup) -> bool:
        """Whether the envelope is paced, or waits behind one that is."""
        lane, rate = _lane(envelope.to)
        if lane is None:
            return False
        waiting = self._lanes.get(lane)
        if waiting is None:
            if rate <= 0:
                return False
            self._lanes[lane] = waiting = deque()
            self._is_unpaced.clear()
            tasks.create_task(self._run_lane(lane, waiting))
        elif self.behind_paced >= self._gateway.settings.max_behind_paced:
            self._gateway.meter.count("pushes_dropped_total", len(envelope.pushes))
            return True
        waiting.append(envelope)
        self.behind_paced += 1
        return True

    async def _run_lane(self, lane: RoomId, waiting: deque[Envelope]) -> None:
        try:
            while waiting:
                envelope = waiting.popleft()
                self.behind_paced -= 1
                rate = _lane(envelope.to)[1]
                if rate > 0:
                    await self._deliver_paced(envelope, rate)
                else:
                    await self.deliver(envelope)
        finally:
            self.behind_paced -= len(waiting)
            del self._lanes[lane]
            if not self._lanes:
                self._is_unpaced.set()

    async def _deliver_paced(self, envelope: Envelope, rate: int) -> None:
        """`rate` links a second, evenly. Links that come meanwhile are not in the walk; those that
        leave the room are left out."""
        links = self._audience(envelope.to)
        skip = self._begin(envelope)
        walk = Walk.of(envelope, self._gateway.traces.legs(envelope))
        room = envelope.to.room if isinstance(envelope.to, ToRoom) else None
        clock = self._gateway.clock
        pacing = Pacing(rate, clock.now())
        done = 0
        try:
            while done < len(links):
                due = len(links) if self._is_hurried else pacing.due(clock.now())
                step = links[done : min(due, done + SLICE)]
                done += len(step)
                walk.put(
                    [
                        link
                        for link in step
                        if (room is None or room in link.rooms) and not (skip and link in skip)
                    ]
                )
                if done < len(links):
                    wait_s = 0.0 if self._is_hurried else pacing.wait_s(done, clock.now())
                    await asyncio.sleep(wait_s)
        finally:
            self._end(envelope, walk)

    def _begin(self, envelope: Envelope) -> set[Link] | None:
        """Links to leave out, for rooms that keep messages. No await since `_audience`."""
        if not envelope.epoch or not isinstance(envelope.to, ToRoom):
            return None
        last = Position(envelope.epoch, envelope.pushes[-1].offset)
        return self._gateway.progress.begin(envelope.to.room, last)

    def _end(self, envelope: Envelope, walk: Walk) -> None:
        if envelope.epoch and isinstance(envelope.to, ToRoom):
            self._gateway.progress.end(envelope.to.room)
        if walk.accepted:
            self._gateway.meter.count("pushes_delivered_total", walk.accepted)
        if walk.legs:
            self._gateway.traces.walked(
                walk.legs,
                targeted=walk.targeted,
                unwanted=walk.unwanted,
                closing=walk.closing,
                written=walk.written,
                frame_bytes=walk.frame_bytes,
            )

    def _audience(self, to: Audience) -> Sequence[Link]:
        hub = self._hub
        match to:
            case ToRoom(room=room):
                return hub.in_room(room)
            case ToAll():
                return hub.all()
            case ToUsers(users=users, not_to=not_to, endpoint=endpoint):
                return [
                    link
                    for user in dict.fromkeys(users)
                    for link in hub.of_user(user)
                    if link.key != not_to and (endpoint is None or link.endpoint == endpoint)
                ]
            case ToDevices(devices=devices):
                return _each(hub.of_device(device) for device in dict.fromkeys(devices))
            case ToConnections(keys=keys):
                found = (hub.by_key(key) for key in dict.fromkeys(keys))
                return [link for link in found if link is not None]
        assert_never(to)


def _each(groups: Iterable[tuple[Link, ...]]) -> list[Link]:
    return [link for group in groups for link in group]


def _lane(to: Audience) -> tuple[RoomId | None, int]:
    """The lane of an audience that may be paced, and the rate."""
    match to:
        case ToRoom(room=room, rate=rate):
            return room, rate
        case ToAll(rate=rate):
            return EVERYBODY, rate
    return None, 0


def _notice_walk(notice: Notice) -> Walk:
    """Raises WireError when this version has no such push."""
    payload = _parse_payload(notice)

    def make(codec: LinkCodec) -> Frame | None:
        frame = codec.notice(notice.name, payload)
        if frame is None or notice.delivery is Delivery.MUST_ARRIVE:
            return frame
        # One that is dropped is no push that somebody misses: the next says how things are.
        return Frame(frame.data, Delivery.LOSSY, messages=0)

    return Walk(make)


def _parse_payload(notice: Notice) -> PushPayload:
    decoder = _payloads.get(notice.name)
    if decoder is None:
        raise WireError(f"no push is called {notice.name}")
    try:
        return decoder.decode(notice.payload)
    except msgspec.MsgspecError as broken:
        raise WireError(f"not the data of a push called {notice.name}") from broken


_payloads: dict[str, msgspec.json.Decoder[PushPayload]] = {
    name: msgspec.json.Decoder(kind) for name, kind in PUSHES.items()
}
