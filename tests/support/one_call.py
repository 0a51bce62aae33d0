"""One call in each of its states, and the devices around it."""

from __future__ import annotations

from parlor.calls.state import call as life
from parlor.calls.state import moves
from parlor.calls.state.call import Call, Device, Limits, Record, Signal
from parlor.calls.state.moves import Act
from parlor.model.call import CallState, Media
from parlor.model.event import CallRecord
from parlor.model.ids import CallId, ConversationId, UserId

ADA, BO = UserId("1"), UserId("2")
PHONE, LAPTOP = Device(ADA, "ada-phone/1"), Device(ADA, "ada-laptop/1")
DESK, TABLET = Device(BO, "bo-desk/1"), Device(BO, "bo-tablet/1")
OFFER = Signal("offer", '{"sdp":"v=0"}')


def invited() -> Call:
    return Call(
        id=CallId("7"),
        conversation_id=ConversationId("9"),
        caller=PHONE,
        callee=BO,
        media=Media.VIDEO,
        limits=Limits(),
        invited_at=100.0,
        invited_at_ms=1_700_000_000_000,
    )


def call_in(state: CallState) -> Call:
    call = invited()
    if state is CallState.INVITED:
        return call
    call, _ = moves.act(call, DESK, Act.SHOW, 101.0)
    if state is CallState.RINGING:
        return call
    call, _ = moves.act(call, DESK, Act.ACCEPT, 102.0)
    if state is CallState.ACTIVE:
        return call
    call, _ = moves.act(call, DESK, Act.HANG_UP, 105.0)
    return call


def records_in(actions: tuple[life.Action, ...]) -> list[CallRecord]:
    return [each.record for each in actions if isinstance(each, Record)]
