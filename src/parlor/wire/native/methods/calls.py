"""Calls of two people."""

from __future__ import annotations

from parlor.model.call import CallView, IceServer, Media
from parlor.wire.native.methods.shape import Empty, Method, Params, Result


class CallStart(Params, frozen=True):
    """Ring the other person of a direct conversation.

    When that person is ringing this one at the same moment, both calls are one: the result is
    the call that was there first, already active.
    """

    conversation_id: str
    media: Media


class CallResult(Result, frozen=True):
    call: CallView


class CallRinging(Params, frozen=True):
    """A device of the callee shows the call."""

    call_id: str


class CallAccept(Params, frozen=True):
    call_id: str


class CallReject(Params, frozen=True):
    call_id: str


class CallHangUp(Params, frozen=True):
    """Ends the call: before the answer the caller cancels, afterwards either side hangs up."""

    call_id: str


class CallSignal(Params, frozen=True):
    """Passed on as it is to the other side's talking device.

    `kind` is offer, answer, candidate or state; `payload` is JSON text of at most 64 kB.
    """

    call_id: str
    kind: str
    payload: str


class CallIce(Params, frozen=True):
    pass


class CallIceResult(Result, frozen=True):
    """`expires_at` is Unix milliseconds; ask again before."""

    ice_servers: tuple[IceServer, ...]
    expires_at: int


METHODS: dict[str, Method] = {
    "call.start": Method(CallStart, CallResult),
    "call.ringing": Method(CallRinging, CallResult),
    "call.accept": Method(CallAccept, CallResult),
    "call.reject": Method(CallReject, CallResult),
    "call.hang_up": Method(CallHangUp, CallResult),
    "call.signal": Method(CallSignal, Empty),
    "call.ice": Method(CallIce, CallIceResult),
}
