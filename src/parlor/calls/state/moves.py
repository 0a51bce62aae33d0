"""What a device may do to a call: a table with a rule or an error for every case.

Asked by `book` for each request about a call. The rows are acts, the columns what the device is
to the call; a cell that names an error is an illegal move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from parlor.calls.state.call import Call, Device, Part, Relay, Signal, Step, Tell, end, on_back
from parlor.model.call import CallState
from parlor.model.errors import CallOver, CallTaken, Forbidden, NotInCall, ParlorError, TooLarge
from parlor.model.event import CallOutcome


class Act(Enum):
    """What a device may ask of a call."""

    SHOW = "show"
    ACCEPT = "accept"
    REJECT = "reject"
    HANG_UP = "hang_up"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class Move:
    """One act as its rule sees it. `signal` is set for Act.SIGNAL only."""

    call: Call
    by: Device
    now: float
    signal: Signal | None = None


Rule = Callable[[Move], Step]


def act(call: Call, by: Device, what: Act, now: float, signal: Signal | None = None) -> Step:
    """Let `by` do `what`; a device that acts is not gone.

    Raises NoSuchCall, or the error that the table names: Forbidden, NotInCall, CallTaken,
    CallOver; TooLarge when the caller sends more before the answer than is held. Then nothing
    has changed. `signal` is required for Act.SIGNAL.
    """
    rule = TABLE[call.state, what, call.part_of(by)]
    if isinstance(rule, type):
        raise rule
    return rule(Move(on_back(call, by), by, now, signal))


def _keep(move: Move) -> Step:
    return move.call, ()


def _show(move: Move) -> Step:
    shown = replace(move.call, state=CallState.RINGING)
    return shown, (Tell(shown.users, shown.view()),)


def _accept(move: Move) -> Step:
    call = move.call
    active = replace(
        call,
        state=CallState.ACTIVE,
        callee_endpoint=move.by.endpoint,
        answered_at=move.now,
        held=(),
    )
    handed_on = tuple(Relay(move.by, call.id, held) for held in call.held)
    return active, (Tell(call.users, active.view()), *handed_on)


def _reject(move: Move) -> Step:
    return end(move.call, CallOutcome.REJECTED, move.now)


def _cancel(move: Move) -> Step:
    return end(move.call, CallOutcome.CANCELLED, move.now)


def _hang_up(move: Move) -> Step:
    return end(move.call, CallOutcome.ANSWERED, move.now)


def _hold(move: Move) -> Step:
    assert move.signal is not None
    call, held = move.call, (*move.call.held, move.signal)
    size = sum(len(each.payload.encode()) for each in held)
    if len(held) > call.limits.max_held_signals or size > call.limits.max_held_bytes:
        raise TooLarge("A call takes no more signals before it is answered.")
    return replace(call, held=held), ()


def _relay(move: Move) -> Step:
    assert move.signal is not None
    call = move.call
    answered_by = Device(call.callee, call.callee_endpoint)
    to = answered_by if move.by == call.caller else call.caller
    return call, (Relay(to, call.id, move.signal),)


Answer = Rule | type[ParlorError]


def _row(caller: Answer, caller_aside: Answer, callee: Answer, aside: Answer) -> dict[Part, Answer]:
    return dict(zip(Part, (caller, caller_aside, callee, aside), strict=True))


# An unanswered call has no CALLEE part; its column is there so that the table has no holes.
_UNANSWERED = {
    Act.SHOW: _row(Forbidden, Forbidden, _show, _show),
    Act.ACCEPT: _row(Forbidden, Forbidden, _accept, _accept),
    Act.REJECT: _row(Forbidden, Forbidden, _reject, _reject),
    Act.HANG_UP: _row(_cancel, NotInCall, _reject, _reject),
    Act.SIGNAL: _row(_hold, NotInCall, NotInCall, NotInCall),
}
_RULES: dict[CallState, dict[Act, dict[Part, Answer]]] = {
    CallState.INVITED: _UNANSWERED,
    CallState.RINGING: {**_UNANSWERED, Act.SHOW: _row(Forbidden, Forbidden, _keep, _keep)},
    CallState.ACTIVE: {
        Act.SHOW: _row(Forbidden, Forbidden, _keep, _keep),
        Act.ACCEPT: _row(Forbidden, Forbidden, _keep, CallTaken),
        Act.REJECT: _row(Forbidden, Forbidden, _hang_up, CallTaken),
        Act.HANG_UP: _row(_hang_up, NotInCall, _hang_up, NotInCall),
        Act.SIGNAL: _row(_relay, NotInCall, _relay, NotInCall),
    },
    CallState.ENDED: {
        Act.SHOW: _row(CallOver, CallOver, CallOver, CallOver),
        Act.ACCEPT: _row(CallOver, CallOver, CallOver, CallOver),
        Act.REJECT: _row(CallOver, CallOver, CallOver, CallOver),
        Act.HANG_UP: _row(_keep, _keep, _keep, _keep),
        Act.SIGNAL: _row(CallOver, CallOver, CallOver, CallOver),
    },
}
TABLE: dict[tuple[CallState, Act, Part], Answer] = {
    (state, what, part): answer
    for state, acts in _RULES.items()
    for what, parts in acts.items()
    for part, answer in parts.items()
}
"""What each part may do in each state: the rule that runs, or the error that is raised."""
