"""One call: who is in it, how far it is, how it ends, and its two clocks (ringing, grace).

What devices may do to it is in `moves`; other calls are known to `book` only. A function takes
a Call and `now` (monotonic seconds) and returns the Call afterwards, often with what is to be
done; nothing is changed in place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from parlor.model.call import CallState, CallView, Media
from parlor.model.errors import NoSuchCall
from parlor.model.event import CallOutcome, CallRecord
from parlor.model.ids import CallId, ConversationId, UserId


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and sizes that one call keeps; see CallsSettings."""

    ring_timeout_s: float = 45.0
    grace_s: float = 15.0
    max_held_signals: int = 64
    max_held_bytes: int = 262_144


@dataclass(frozen=True, slots=True)
class Device:
    """Who acts: a user at one endpoint (`device/instance`)."""

    user: UserId
    endpoint: str


@dataclass(frozen=True, slots=True)
class Signal:
    kind: str
    payload: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Push this view to all devices of these users."""

    users: tuple[UserId, ...]
    view: CallView


@dataclass(frozen=True, slots=True)
class Relay:
    """Pass a signal to this one endpoint and no other."""

    to: Device
    call_id: CallId
    signal: Signal


@dataclass(frozen=True, slots=True)
class Record:
    """Write the outcome into the conversation. Comes exactly once in the life of a call."""

    conversation_id: ConversationId
    record: CallRecord


Action = Tell | Relay | Record


class Part(Enum):
    """What a device is to a call. Before the answer every device of the callee is ASIDE."""

    CALLER = "caller"
    CALLER_ASIDE = "another device of the caller"
    CALLEE = "the device that answered"
    CALLEE_ASIDE = "another device of the callee"


@dataclass(frozen=True, slots=True)
class Call:
    """Times are monotonic seconds but `invited_at_ms`, from which the view counts on.

    `caller_gone_at` and `callee_gone_at`: since when that talking device has no connection.
    `held`: the caller's signals from before the answer, for whichever device accepts.
    """

    id: CallId
    conversation_id: ConversationId
    caller: Device
    callee: UserId
    media: Media
    limits: Limits
    invited_at: float
    invited_at_ms: int
    state: CallState = CallState.INVITED
    callee_endpoint: str = ""
    answered_at: float | None = None
    ended_at: float | None = None
    outcome: CallOutcome | None = None
    caller_gone_at: float | None = None
    callee_gone_at: float | None = None
    held: tuple[Signal, ...] = ()

    @property
    def users(self) -> tuple[UserId, UserId]:
        return self.caller.user, self.callee

    @property
    def over(self) -> bool:
        return self.state is CallState.ENDED

    def part_of(self, device: Device) -> Part:
        """Raises NoSuchCall for anybody who is neither caller nor callee."""
        if device.user == self.caller.user:
            same = device.endpoint == self.caller.endpoint
            return Part.CALLER if same else Part.CALLER_ASIDE
        if device.user == self.callee:
            same = device.endpoint == self.callee_endpoint
            return Part.CALLEE if same else Part.CALLEE_ASIDE
        raise NoSuchCall

    def view(self) -> CallView:
        return CallView(
            id=self.id,
            conversation_id=self.conversation_id,
            caller=self.caller.user,
            callee=self.callee,
            media=self.media,
            state=self.state,
            invited_at=self.invited_at_ms,
            answered_at=self._unix_ms(self.answered_at),
            ended_at=self._unix_ms(self.ended_at),
            caller_endpoint=self.caller.endpoint,
            callee_endpoint=self.callee_endpoint,
            outcome=self.outcome,
        )

    def _unix_ms(self, at: float | None) -> int:
        return 0 if at is None else self.invited_at_ms + round((at - self.invited_at) * 1000)


Step = tuple[Call, tuple[Action, ...]]


def on_gone(call: Call, device: Device, now: float) -> Call:
    """The last connection of this endpoint closed; a talking device has `grace_s` to return."""
    if call.over:
        return call
    if device == call.caller and call.caller_gone_at is None:
        return replace(call, caller_gone_at=now)
    answered = call.state is CallState.ACTIVE
    if answered and _is_callee(call, device) and call.callee_gone_at is None:
        return replace(call, callee_gone_at=now)
    return call


def on_back(call: Call, device: Device) -> Call:
    if device == call.caller and call.caller_gone_at is not None:
        return replace(call, caller_gone_at=None)
    if _is_callee(call, device) and call.callee_gone_at is not None:
        return replace(call, callee_gone_at=None)
    return call


def is_gone(call: Call, user: UserId) -> bool:
    """This user's talking device has vanished and may come back."""
    gone_at = call.caller_gone_at if user == call.caller.user else call.callee_gone_at
    return gone_at is not None


def on_time(call: Call, now: float) -> Step:
    """End a call that rang too long, or whose talking device stayed away too long."""
    if call.over:
        return call, ()
    gone_at = min(
        (at for at in (call.caller_gone_at, call.callee_gone_at) if at is not None), default=None
    )
    if gone_at is not None and now - gone_at >= call.limits.grace_s:
        return abandon(call, now)
    ringing = call.state is not CallState.ACTIVE
    if ringing and now - call.invited_at >= call.limits.ring_timeout_s:
        return end(call, CallOutcome.MISSED, now)
    return call, ()


def abandon(call: Call, now: float) -> Step:
    """End a call that nobody ended: answered if anybody talked, cancelled otherwise."""
    if call.over:
        return call, ()
    talked = call.state is CallState.ACTIVE
    return end(call, CallOutcome.ANSWERED if talked else CallOutcome.CANCELLED, now)


def invite(call: Call) -> Step:
    """Let a new call begin to ring."""
    return call, (Tell(call.users, call.view()),)


def refuse_busy(call: Call, now: float) -> Step:
    """End a call before it rings; only the caller hears of it, the callee's call goes on."""
    ended, actions = end(call, CallOutcome.BUSY, now)
    return ended, (Tell((call.caller.user,), ended.view()), *actions[1:])


def end(call: Call, outcome: CallOutcome, now: float) -> Step:
    """Tell both and record it. Only for a call that is not over."""
    talked_s = 0.0 if call.answered_at is None else now - call.answered_at
    ended = replace(call, state=CallState.ENDED, outcome=outcome, ended_at=now, held=())
    record = CallRecord(call.id, call.caller.user, call.media.value, outcome, int(talked_s))
    return ended, (Tell(call.users, ended.view()), Record(call.conversation_id, record))


def _is_callee(call: Call, device: Device) -> bool:
    return device.user == call.callee and device.endpoint == call.callee_endpoint
