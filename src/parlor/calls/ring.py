"""The service behind the `call.*` requests: one-to-one calls of this process.

Applies `state` to what devices ask, pushes what follows and has ended calls recorded. Called by
the gateway's requests (with the connection's user and endpoint, never with what a client
claims) and by boot, which calls `on_time` every quarter of a second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from parlor.calls.outcome import Outcomes, Recorder
from parlor.calls.settings import CallsSettings
from parlor.calls.state.book import Book
from parlor.calls.state.call import Call, Device, Limits, Record, Relay, Signal, Step, Tell
from parlor.calls.state.moves import Act
from parlor.model.call import CallView, Media
from parlor.model.errors import BadRequest, TooLarge
from parlor.model.ids import CallId, ConversationId, UserId, number_id
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.meter import Meter
from parlor.wire.native.pushes import CallPush, CallSignalPush, PushPayload

SIGNAL_KINDS = frozenset({"offer", "answer", "candidate", "state"})


class DirectConversations(Protocol):
    """Who may ring whom (im.conversations.Threads)."""

    async def require_direct_peer(self, user: UserId, conversation_id: ConversationId) -> UserId:
        """The other person of a direct conversation of `user`. Raises NotFound, NotMember."""


class Notifier(Protocol):
    """Pushes to live connections, at most once, in the order of the calls (push.route.Route)."""

    async def notify(self, users: Sequence[UserId], payload: PushPayload) -> None:
        """To every connection of these users."""

    async def notify_endpoint(self, user: UserId, endpoint: str, payload: PushPayload) -> None:
        """To the connections of this user at this endpoint, and to no other."""


@dataclass(slots=True)
class _Line:
    """What is still to be pushed for one call, in order."""

    waiting: deque[Tell | Relay] = field(default_factory=deque)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Calls:
    """`endpoint` is `device/instance` of the asking connection; see `calls` for the flow.

    Every method but `of_user`, `on_endpoint_gone` and `on_endpoint_back` may wait for the bus.
    A state that changed stays changed when the waiting is cancelled: the pushes that are left
    go out with the next change or at the next `on_time`.
    """

    def __init__(
        self,
        conversations: DirectConversations,
        recorder: Recorder,
        notifier: Notifier,
        clock: Clock,
        entropy: Entropy,
        meter: Meter,
        settings: CallsSettings,
    ) -> None:
        self._conversations = conversations
        self._notifier = notifier
        self._clock = clock
        self._entropy = entropy
        self._meter = meter
        self._settings = settings
        limits = Limits(
            ring_timeout_s=settings.ring_timeout_s,
            grace_s=settings.grace_s,
            max_held_signals=settings.max_held_signals,
            max_held_bytes=settings.max_held_bytes,
        )
        self._book = Book(limits, settings.remember_ended_s)
        self._outcomes = Outcomes(recorder, clock, meter, settings)
        self._lines: dict[CallId, _Line] = {}

    async def start(
        self, user: UserId, endpoint: str, conversation_id: ConversationId, media: Media
    ) -> CallView:
        """Ring the other person of this direct conversation.

        The view may be active already (glare) or ended (busy). Raises Busy when the caller is
        in another call, NotFound or NotMember when the conversation is not theirs to call in.
        """
        callee = await self._conversations.require_direct_peer(user, conversation_id)
        new_id = CallId(number_id(self._entropy.token_bytes(7)))
        steps = self._book.start(
            Device(user, endpoint),
            callee,
            conversation_id,
            media,
            new_id,
            self._clock.now(),
            self._clock.unix_ms(),
        )
        if steps[-1][0].id == new_id:
            self._meter.count("calls_started_total", media=media.value)
        return await self._carried_out(steps)

    @property
    def known(self) -> int:
        """Calls that go on, and those that ended a moment ago."""
        return len(self._book)

    async def ringing(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        return await self._act(user, endpoint, call_id, Act.SHOW)

    async def accept(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        """Answer on this device. Raises CallTaken when another of the user's devices did."""
        return await self._act(user, endpoint, call_id, Act.ACCEPT)

    async def reject(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        return await self._act(user, endpoint, call_id, Act.REJECT)

    async def hang_up(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        """End the call. One that has ended already is returned as it is."""
        return await self._act(user, endpoint, call_id, Act.HANG_UP)

    async def signal(
        self, user: UserId, endpoint: str, call_id: CallId, kind: str, payload: str
    ) -> None:
        """Pass `payload` to the other talking endpoint, unread.

        Before the answer the caller's signals are held for the device that will accept.
        Raises NotInCall for any endpoint that does not talk, TooLarge, BadRequest.
        """
        if kind not in SIGNAL_KINDS:
            raise BadRequest(f"A signal is one of {', '.join(sorted(SIGNAL_KINDS))}.")
        try:
            size = len(payload.encode())
        except UnicodeEncodeError as lone_surrogate:
            raise BadRequest("A signal is valid Unicode.") from lone_surrogate
        if size > self._settings.max_signal_bytes:
            raise TooLarge(f"A signal has at most {self._settings.max_signal_bytes} bytes.")
        await self._act(user, endpoint, call_id, Act.SIGNAL, Signal(kind, payload))

    def of_user(self, user: UserId) -> tuple[CallView, ...]:
        """The call that rings or runs for this user, if any; for the reply to hello."""
        call = self._book.current(user)
        return () if call is None else (call.view(),)

    def on_endpoint_gone(self, user: UserId, endpoint: str) -> None:
        """The *last* connection of this endpoint closed.

        Do not call it while another connection of the same endpoint lives, as happens when a
        client comes back before its old link is known to be dead.
        """
        self._book.on_gone(Device(user, endpoint), self._clock.now())

    def on_endpoint_back(self, user: UserId, endpoint: str) -> None:
        """A connection of this endpoint said hello."""
        self._book.on_back(Device(user, endpoint))

    async def on_time(self) -> None:
        """End what rang or was away too long, record what ended, push what is left over."""
        self._put_in_line(self._book.on_time(self._clock.now()))
        try:
            for call_id, line in list(self._lines.items()):
                if not line.lock.locked():
                    await self._push(call_id)
        finally:
            await self._outcomes.store_due()

    async def stop(self) -> None:
        """End every call and record it, trying each record once more; for an orderly stop."""
        self._put_in_line(self._book.end_all(self._clock.now()))
        try:
            for call_id in list(self._lines):
                await self._push(call_id)
        finally:
            await self._outcomes.store_due(at_once=True)

    async def _act(
        self,
        user: UserId,
        endpoint: str,
        call_id: CallId,
        what: Act,
        signal: Signal | None = None,
    ) -> CallView:
        by = Device(user, endpoint)
        step = self._book.act(call_id, by, what, self._clock.now(), signal)
        return await self._carried_out([step])

    async def _carried_out(self, steps: Sequence[Step]) -> CallView:
        """The last step's call as it is once everything is pushed, which may be later states."""
        self._put_in_line(steps)
        for call, _ in steps:
            await self._push(call.id)
        last = steps[-1][0]
        return (self._book.find(last.id) or last).view()

    def _put_in_line(self, steps: Sequence[Step]) -> None:
        """Before the first await after a change, so that no later change overtakes it."""
        for call, actions in steps:
            for action in actions:
                if isinstance(action, Record):
                    self._outcomes.add(action)
                    self._count_end(call)
                else:
                    self._lines.setdefault(call.id, _Line()).waiting.append(action)

    async def _push(self, call_id: CallId) -> None:
        line = self._lines.get(call_id)
        if line is None:
            return
        async with line.lock:
            while line.waiting:
                await self._send(line.waiting[0])
                line.waiting.popleft()
            if self._lines.get(call_id) is line:
                del self._lines[call_id]

    async def _send(self, action: Tell | Relay) -> None:
        if isinstance(action, Tell):
            await self._notifier.notify(action.users, CallPush(action.view))
        else:
            payload = CallSignalPush(action.call_id, action.signal.kind, action.signal.payload)
            await self._notifier.notify_endpoint(action.to.user, action.to.endpoint, payload)

    def _count_end(self, call: Call) -> None:
        assert call.outcome is not None
        self._meter.count("calls_ended_total", outcome=call.outcome.value)
        if call.answered_at is not None and call.ended_at is not None:
            self._meter.observe("call_seconds", call.ended_at - call.answered_at)
