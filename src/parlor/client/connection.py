"""One connection to a server: requests matched with their replies, pushes handed out."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from parlor.client.following import Following
from parlor.client.received import Received
from parlor.client.transports import Closed, Transport
from parlor.model.errors import ParlorError, Unauthenticated, WireError, registry
from parlor.model.event import Event
from parlor.model.room import Priority
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import ErrorBody, PushMessage, Reply
from parlor.wire.native.methods.own import SyncResult
from parlor.wire.native.methods.receipts import DeliveredResult, DeliveredSet
from parlor.wire.native.pushes import ByePush, DeliveryPush, EventPush, PushPayload

ConnectionClosed = Closed
R = TypeVar("R", bound=wire.Result)

_NAMES = {method.params: name for name, method in wire.METHODS.items()}
_ERRORS = registry()
MAX_PUSHES = 10_000
ACK_EACH_S = 0.1
DELIVERED_EACH_S = 0.5
DELIVERED_AT_ONCE = 100


class Resume:
    """The ticket that brings one user back without asking anybody; kept in memory only."""

    def __init__(self) -> None:
        self.ticket = ""


class Connection:
    """Made by `parlor.client.connect`. Safe to use from many tasks of one loop.

    Pushes that nobody takes are kept, the last 10,000 of them; or give `on_push`, which is called
    for each as it arrives and must not wait. Each is handed out once, as far as `received`
    remembers; must-arrive pushes are acknowledged after that, together, ten times a second at
    most, and the events of conversations twice a second at most, unless `tells_delivered` is false.
    """

    def __init__(
        self,
        transport: Transport,
        on_push: Callable[[PushMessage], None] | None = None,
        resume: Resume | None = None,
        following: Following | None = None,
        received: Received | None = None,
        *,
        tells_delivered: bool = True,
    ) -> None:
        self.following = Following() if following is None else following
        """The rooms of this connection, kept for the next one."""
        self._transport = transport
        self._resume = resume or Resume()
        self._on_push = on_push
        self.received = received or Received()
        self.received.begin()
        self._to_ack = asyncio.Event()
        self._tells_delivered = tells_delivered
        self._has_positions = asyncio.Event()
        self.acknowledged = 0
        """The server knows that must-arrive pushes up to this number came."""
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._pushes: deque[PushMessage] = deque()
        self._arrived = asyncio.Event()
        self._greeted = asyncio.Event()
        self._ended = asyncio.Event()
        self.closed: Closed | None = None
        """Why the connection ended; None while it lives."""
        self.welcome: wire.HelloResult | None = None
        """What the server said to hello."""

    async def request(self, params: wire.Params, result: type[R], *, timeout_s: float = 15.0) -> R:
        """Send the request these parameters belong to and wait for its result.

        `result` is the class that `METHODS` names for it; TypeError for another. Raises the
        registry's error that the server answered with, ConnectionClosed, or TimeoutError; after
        either of the latter nobody knows whether it was done.
        """
        method = _NAMES[type(params)]
        if wire.METHODS[method].result is not result:
            raise TypeError(f"{method} does not give {result.__name__}")
        request_id = next(self._ids)
        if self.closed is not None:
            raise self.closed
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = reply
        codec = self._transport.codec
        try:
            async with asyncio.timeout(timeout_s):
                await self._transport.send(codec.build_request(request_id, method, params))
                answered = await reply
        finally:
            self._waiting.pop(request_id, None)
        if answered.error is not None:
            raise build_error(answered.error)
        found = codec.parse_result(answered, result)
        self._learn(params, found)
        return found

    async def hello(self, params: wire.Hello) -> wire.HelloResult:
        """Raises as `request`; a ticket that was refused together with the token is forgotten."""
        try:
            self.welcome = await self.request(params, wire.HelloResult)
        except Unauthenticated:
            self._resume.ticket = ""
            raise
        self._resume.ticket = self.welcome.resume
        self.received.on_hello(self.welcome.epoch)
        states = [(one.room, one.position, one.recovered) for one in self.welcome.room_states]
        self.following.on_hello(params.since, states)
        self._greeted.set()
        self._has_positions.set()
        return self.welcome

    async def renew(self, token: str) -> wire.TokenResult:
        """Go on with a newer token of the same user and device. Raises as `request`."""
        renewed = await self.request(wire.TokenRenew(token), wire.TokenResult)
        self._resume.ticket = renewed.resume
        return renewed

    async def join(self, room: str, *, tail: bool = False) -> wire.RoomResult:
        """Listen to `room`, on this connection and those that share its `following`.

        What was missed since the last delivery of a room that keeps messages comes as deliveries,
        when the result says `recovered`. `tail`: otherwise what the room still has.
        """
        since = self.following.on_join(room)
        joined = await self.request(wire.RoomJoin(room, since, tail), wire.RoomResult)
        self.following.on_joined(room, since, joined.position, recovered=joined.recovered)
        return joined

    async def leave(self, room: str) -> wire.RoomResult:
        self.following.on_leave(room)
        return await self.request(wire.RoomLeave(room), wire.RoomResult)

    async def publish(
        self, room: str, body: str, client_id: str, *, priority: Priority = Priority.NORMAL
    ) -> wire.RoomPublishResult:
        """Say `body` in a room; with the same `client_id` it is said once, however often asked."""
        params = wire.RoomPublish(room, body, client_id, priority)
        return await self.request(params, wire.RoomPublishResult)

    async def pushes(self) -> AsyncIterator[PushMessage]:
        """What the server says unasked, since the last one taken.

        Ends by raising ConnectionClosed. One reader at a time.
        """
        while True:
            yield await self.next_push()

    async def next_push(self, kind: type[PushPayload] | None = None) -> PushMessage:
        """The next push, or the next of this kind: others on the way are dropped.

        Raises ConnectionClosed.
        """
        while True:
            while self._pushes:
                push = self._pushes.popleft()
                if self._take(push) and (kind is None or isinstance(push.data, kind)):
                    return push
            if self.closed is not None:
                raise self.closed
            self._arrived.clear()
            await self._arrived.wait()

    async def run(self) -> None:
        """Read until the connection ends, beating the heart meanwhile. `connect` runs this."""
        try:
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(self._beat()), group.create_task(self._acknowledge())]
                if self._tells_delivered:
                    beside.append(group.create_task(self._tell_delivered()))
                await self._read()
                for task in beside:
                    task.cancel()
        finally:
            if self.closed is None:
                self.closed = Closed(1006, "the connection was given up")
            for reply in self._waiting.values():
                if not reply.done():
                    reply.set_exception(self.closed)
            self._arrived.set()
            self._ended.set()

    async def wait_closed(self) -> None:
        """Returns when the connection has ended; `closed` then says why."""
        await self._ended.wait()

    async def close(self) -> None:
        await self._transport.close()

    async def _read(self) -> None:
        bye: ByePush | None = None
        try:
            while True:
                message = self._transport.codec.parse_message(await self._transport.receive())
                if isinstance(message, Reply):
                    reply = self._waiting.get(message.id)
                    if reply is not None and not reply.done():
                        reply.set_result(message)
                        if not self._greeted.is_set():
                            # What follows the answer to hello counts from what that says.
                            await asyncio.sleep(0)
                    continue
                if isinstance(message.data, ByePush):
                    bye = message.data
                elif isinstance(message.data, DeliveryPush):
                    self.following.on_delivery(message.data)
                if self._on_push is None:
                    self._keep(message)
                elif self._take(message):
                    self._on_push(message)
        except Closed as closed:
            self.closed = Closed(bye.code, bye.reason) if bye else closed
        except WireError as broken:
            self.closed = Closed(broken.close, str(broken))
            await self._transport.close()

    def _keep(self, message: PushMessage) -> None:
        if len(self._pushes) == MAX_PUSHES:
            dropped = self._pushes.popleft()
            if isinstance(dropped.data, DeliveryPush):
                self.received.lose(dropped.data)
        self._pushes.append(message)
        self._arrived.set()

    def _take(self, message: PushMessage) -> bool:
        """Whether to hand it out; its acknowledgement follows."""
        is_new = self.received.is_new(message.data)
        if isinstance(message.data, EventPush):
            self._has_positions.set()
        elif isinstance(message.data, DeliveryPush) and message.data.mail and self.received.upto:
            self._to_ack.set()
        return is_new

    def _learn(self, asked: wire.Params, found: wire.Result) -> None:
        """What the program fetched or made, it has."""
        event = getattr(found, "event", None)
        if isinstance(event, Event):
            self.received.events.on_own(event.conversation_id, event.seq)
            self._has_positions.set()
        if isinstance(asked, wire.EventsList) and isinstance(found, wire.EventsResult):
            seqs = [event.seq for event in found.events]
            self.received.events.on_page(asked.conversation_id, asked.after, seqs)
            self._has_positions.set()
        elif isinstance(found, SyncResult):
            for change in found.changes:
                self.received.events.on_caught_up(change.conversation.id, change.upto)
            self._has_positions.set()

    async def _tell_delivered(self) -> None:
        await self._greeted.wait()
        events = self.received.events
        while True:
            await self._has_positions.wait()
            await asyncio.sleep(DELIVERED_EACH_S)
            self._has_positions.clear()
            positions = events.due(DELIVERED_AT_ONCE)
            if not positions:
                continue
            try:
                said = await self.request(DeliveredSet(positions), DeliveredResult)
                events.on_said(positions, said.without)
            except Closed:
                return
            except (TimeoutError, ParlorError) as refused:
                if isinstance(refused, ParlorError) and not refused.retry:
                    # A server that does not know of it, or a user who has no conversations here.
                    return
                await asyncio.sleep(getattr(refused, "retry_after_s", 0.0))
            if events.due(1):
                self._has_positions.set()

    async def _acknowledge(self) -> None:
        while True:
            await self._to_ack.wait()
            self._to_ack.clear()
            try:
                upto = self.received.upto
                await self.request(wire.MailAck(upto), wire.Empty)
                self.acknowledged = upto
            except Closed:
                # What is not acknowledged comes again, and is dropped as a double.
                return
            except TimeoutError:
                self._to_ack.set()
            except ParlorError as refused:
                # What the server will never take is not said again; the next mail may change it.
                if refused.retry:
                    self._to_ack.set()
                    await asyncio.sleep(refused.retry_after_s)
            await asyncio.sleep(ACK_EACH_S)

    async def _beat(self) -> None:
        await self._greeted.wait()
        while self.welcome is not None:
            await asyncio.sleep(self.welcome.heartbeat_s)
            try:
                await self.request(wire.Heartbeat(), wire.HeartbeatResult)
            except (Closed, TimeoutError, ParlorError):
                # The reader sees a closed connection; a late or refused beat was traffic too.
                continue


def build_error(body: ErrorBody) -> ParlorError:
    """The registry's error for a refusal; ParlorError itself for a code not known here."""
    kind = _ERRORS.get(body.code)
    if kind is None or issubclass(kind, WireError):
        return ParlorError(f"{body.code}: {body.message}", retry_after_s=body.retry_after_s)
    return kind(body.message, retry_after_s=body.retry_after_s)
