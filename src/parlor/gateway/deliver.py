"""From the bus to the outboxes: who of this process gets a push, and in which codec.

Owns the walk over the members of an audience. Encodes once per codec and shares the frame; a
long walk lets the loop breathe, and each slice is written before the next begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

import msgspec
import structlog

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.state.outbox import Frame
from parlor.model.errors import WireError
from parlor.model.push import (
    Envelope,
    Notice,
    ToAll,
    ToConnections,
    ToDevices,
    ToRoom,
    ToUsers,
)
from parlor.ports.bus import Bus
from parlor.push.route import PUSH_SUBJECT, parse_routed
from parlor.wire.native.pushes import PUSHES, PushPayload

log = structlog.get_logger()

SLICE = 250
"""Links per turn of the loop: about 1.5 ms of writing."""


class Deliver:
    """Hands what `push.route` publishes to the links of this process.

    Pushes to one reader keep the order of publishing, but a paced push to all goes its own way
    beside the others.
    """

    def __init__(self, gateway: Gateway, bus: Bus) -> None:
        self._gateway = gateway
        self._hub = gateway.hub
        self._bus = bus
        self._put_in_turn = 0
        self.subscribed = asyncio.Event()
        """Set once pushes are heard; what was published before is not delivered here."""

    async def run(self) -> None:
        """Deliver until cancelled. A message on the bus that is no push is logged and skipped:
        it came from another version, and the next one is a push again."""
        async with (
            asyncio.TaskGroup() as paced,
            self._bus.subscribe(PUSH_SUBJECT) as messages,
        ):
            self.subscribed.set()
            async for message in messages:
                try:
                    routed = parse_routed(message)
                    if isinstance(routed, Notice):
                        self.notify(routed)
                    elif isinstance(routed.to, ToAll) and routed.to.rate > 0:
                        paced.create_task(self._deliver_paced(routed, routed.to.rate))
                    else:
                        await self.deliver(routed)
                except WireError as broken:
                    self._gateway.meter.count("bus_messages_refused_total")
                    log.warning("bus_message_refused", reason=str(broken))
                await self._breathe(1)

    async def deliver(self, envelope: Envelope) -> None:
        """Put the pushes into the outboxes of their audience here; yields every few hundred."""
        links = self._audience(envelope)
        self._count(envelope, len(links))
        put = self._putter(envelope)
        done = 0
        while done < len(links):
            step = links[done : done + SLICE - self._put_in_turn]
            for link in step:
                put(link)
            done += len(step)
            await self._breathe(len(step))

    def notify(self, notice: Notice) -> int:
        """Put a push that the server itself makes into the outboxes of its users here.

        Returns how many links it went to. Raises WireError when this version has no such push.
        """
        links = self._audience(notice)
        if not links:
            return 0
        payload = _parse_payload(notice)
        frames: dict[LinkCodec, Frame | None] = {}
        for link in links:
            codec = link.codec
            if codec not in frames:
                frames[codec] = codec.notice(notice.name, payload)
            frame = frames[codec]
            if frame is not None:
                link.put(frame)
        return len(links)

    async def _breathe(self, steps: int) -> None:
        """Let the loop write and read after every few hundred links or messages."""
        self._put_in_turn += steps
        if self._put_in_turn >= SLICE:
            self._put_in_turn = 0
            await asyncio.sleep(0)

    async def _deliver_paced(self, envelope: Envelope, rate: int) -> None:
        """`rate` links a second in even steps. Links that come meanwhile are not in the walk."""
        links = self._audience(envelope)
        self._count(envelope, len(links))
        put = self._putter(envelope)
        clock = self._gateway.clock
        started = clock.now()
        done = 0
        while done < len(links):
            due = 1 + int((clock.now() - started) * rate)
            step = links[done : min(due, done + SLICE)]
            for link in step:
                put(link)
            done += len(step)
            await asyncio.sleep(0 if done < due else max(0.01, 1 / rate))

    def _audience(self, routed: Envelope | Notice) -> Sequence[Link]:
        hub = self._hub
        match routed.to:
            case ToRoom(room=room):
                return hub.in_room(room)
            case ToAll():
                return hub.all()
            case ToUsers(users=users, not_to=not_to, endpoint=endpoint):
                return [
                    link
                    for link in _each(hub.of_user(user) for user in dict.fromkeys(users))
                    if link.key != not_to and (endpoint is None or link.endpoint == endpoint)
                ]
            case ToDevices(devices=devices):
                return _each(hub.of_device(device) for device in dict.fromkeys(devices))
            case ToConnections(keys=keys):
                found = (hub.by_key(key) for key in dict.fromkeys(keys))
                return [link for link in found if link is not None]
        assert_never(routed.to)

    def _putter(self, envelope: Envelope) -> Callable[[Link], None]:
        """What to do with each link: the frame of its codec, made when first needed.

        A link that asked for certain tags gets only those, except through a room.
        """
        frames: dict[LinkCodec, Frame | None] = {}
        chosen: dict[tuple[LinkCodec, frozenset[str]], Frame | None] = {}
        tags = frozenset(push.tag for push in envelope.pushes)
        filters = not isinstance(envelope.to, ToRoom)

        def put(link: Link) -> None:
            codec = link.codec
            if filters and link.tags is not None and not tags <= link.tags:
                wanted = tags & link.tags
                if not wanted:
                    return
                if (codec, wanted) not in chosen:
                    chosen[codec, wanted] = codec.pushes(_only(envelope, wanted))
                frame = chosen[codec, wanted]
            else:
                try:
                    frame = frames[codec]
                except KeyError:
                    frame = frames[codec] = codec.pushes(envelope)
            if frame is not None:
                link.put(frame)

        return put

    def _count(self, envelope: Envelope, links: int) -> None:
        self._gateway.meter.count("pushes_delivered_total", links * len(envelope.pushes))


def _each(groups: Iterable[tuple[Link, ...]]) -> list[Link]:
    return [link for group in groups for link in group]


def _only(envelope: Envelope, tags: frozenset[str]) -> Envelope:
    kept = tuple(push for push in envelope.pushes if push.tag in tags)
    return msgspec.structs.replace(envelope, pushes=kept)


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
