"""Who is in which call: one call at a time for each user, and two that are one.

Owns the calls of this process and the rules that look at more than one of them: busy, glare, a
caller whose own device vanished. Everything within one call is decided by `moves` and `call`.
Used by `ring.Calls`.
"""

from __future__ import annotations

from collections.abc import Callable

from parlor.calls.state import call as life
from parlor.calls.state import moves
from parlor.calls.state.call import Call, Device, Limits, Signal, Step
from parlor.calls.state.moves import Act
from parlor.model.call import CallState, Media
from parlor.model.errors import Busy, NoSuchCall
from parlor.model.ids import CallId, ConversationId, UserId


class Book:
    """Ended calls are kept for `remember_ended_s`, so that late requests are told so."""

    def __init__(self, limits: Limits, remember_ended_s: float) -> None:
        self._limits = limits
        self._remember_ended_s = remember_ended_s
        self._calls: dict[CallId, Call] = {}
        self._current: dict[UserId, CallId] = {}

    def start(
        self,
        by: Device,
        callee: UserId,
        conversation_id: ConversationId,
        media: Media,
        new_id: CallId,
        now: float,
        unix_ms: int,
    ) -> list[Step]:
        """Ring `callee`; the last step is the caller's call.

        When `callee` is ringing `by.user` already, that call is answered instead. Asked again
        by the same device while it still rings, it is the same call. A callee who is in
        another call ends the new one at once as busy. Raises Busy when the caller is in
        another call; one from which the caller's own device has vanished is ended first.
        """
        steps: list[Step] = []
        current = self.current(by.user)
        if current is not None and current.state is not CallState.ACTIVE:
            if current.caller.user == callee:
                return [self._put(moves.act(current, by, Act.ACCEPT, now))]
            if current.caller == by and current.callee == callee:
                return [self._put((life.on_back(current, by), ()))]
        if current is not None:
            if not life.is_gone(current, by.user):
                raise Busy
            steps.append(self._put(life.abandon(current, now)))
        call = Call(
            new_id, conversation_id, by, callee, media, self._limits, now, invited_at_ms=unix_ms
        )
        free = self.current(callee) is None
        begun = life.invite(call) if free else life.refuse_busy(call, now)
        return [*steps, self._put(begun)]

    def act(
        self, call_id: CallId, by: Device, what: Act, now: float, signal: Signal | None = None
    ) -> Step:
        """As `moves.act`. Raises NoSuchCall also for a call that is forgotten or never was."""
        call = self._calls.get(call_id)
        if call is None:
            raise NoSuchCall
        return self._put(moves.act(call, by, what, now, signal))

    def on_gone(self, device: Device, now: float) -> None:
        self._touch(device, lambda call: life.on_gone(call, device, now))

    def on_back(self, device: Device) -> None:
        self._touch(device, lambda call: life.on_back(call, device))

    def on_time(self, now: float) -> list[Step]:
        """What time has ended, and forget what ended long ago."""
        steps = [life.on_time(call, now) for call in self._calls.values()]
        changed = [self._put(step) for step in steps if step[1]]
        for call in list(self._calls.values()):
            if call.ended_at is not None and now - call.ended_at >= self._remember_ended_s:
                del self._calls[call.id]
        return changed

    def end_all(self, now: float) -> list[Step]:
        running = [call for call in self._calls.values() if not call.over]
        return [self._put(life.abandon(call, now)) for call in running]

    def __len__(self) -> int:
        """Calls that go on, and those that ended a moment ago."""
        return len(self._calls)

    def current(self, user: UserId) -> Call | None:
        """The one call of this user that has not ended."""
        call_id = self._current.get(user)
        return None if call_id is None else self._calls[call_id]

    def find(self, call_id: CallId) -> Call | None:
        return self._calls.get(call_id)

    def _touch(self, device: Device, change: Callable[[Call], Call]) -> None:
        call = self.current(device.user)
        if call is not None:
            self._calls[call.id] = change(call)

    def _put(self, step: Step) -> Step:
        call = step[0]
        self._calls[call.id] = call
        for user in call.users:
            if not call.over:
                self._current[user] = call.id
            elif self._current.get(user) == call.id:
                del self._current[user]
        return step
