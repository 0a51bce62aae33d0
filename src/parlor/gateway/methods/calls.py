"""Calls of two people."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import CallId, ConversationId
from parlor.wire.native import methods as wire


class Calls:
    def __init__(self, services: Services) -> None:
        self._services = services

    def bound(self) -> dict[str, Bound]:
        return {
            "call.start": bind(wire.CallStart, self.start_call, finishes=True),
            "call.ringing": bind(wire.CallRinging, self.ringing, finishes=True),
            "call.accept": bind(wire.CallAccept, self.accept, finishes=True),
            "call.reject": bind(wire.CallReject, self.reject, finishes=True),
            "call.hang_up": bind(wire.CallHangUp, self.hang_up, finishes=True),
            "call.signal": bind(wire.CallSignal, self.signal, finishes=True),
            "call.ice": bind(wire.CallIce, self.ice),
        }

    async def start_call(self, caller: Caller, params: wire.CallStart) -> wire.CallResult:
        call = await self._services.calls.start(
            who(caller).user,
            caller.link.endpoint,
            ConversationId(params.conversation_id),
            params.media,
        )
        return wire.CallResult(call)

    async def ringing(self, caller: Caller, params: wire.CallRinging) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.ringing(
                who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def accept(self, caller: Caller, params: wire.CallAccept) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.accept(
                who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def reject(self, caller: Caller, params: wire.CallReject) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.reject(
                who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def hang_up(self, caller: Caller, params: wire.CallHangUp) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.hang_up(
                who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def signal(self, caller: Caller, params: wire.CallSignal) -> wire.Empty:
        await self._services.calls.signal(
            who(caller).user,
            caller.link.endpoint,
            CallId(params.call_id),
            params.kind,
            params.payload,
        )
        return wire.Empty()

    def ice(self, caller: Caller, params: wire.CallIce) -> wire.CallIceResult:
        servers, expires_at = self._services.ice.servers_for(who(caller).user)
        return wire.CallIceResult(servers, expires_at)
