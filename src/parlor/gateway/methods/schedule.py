"""Messages that are sent at a time."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Said
from parlor.wire.native.methods import schedule as wire


class Schedule:
    def __init__(self, services: Services) -> None:
        self._schedules = services.schedules

    def bound(self) -> dict[str, Bound]:
        return {
            "schedule.put": bind(wire.SchedulePut, self.put, finishes=True),
            "schedule.list": bind(wire.ScheduleList, self.list),
            "schedule.cancel": bind(wire.ScheduleCancel, self.cancel, finishes=True),
        }

    async def put(self, caller: Caller, params: wire.SchedulePut) -> wire.ScheduleResult:
        scheduled, created = await self._schedules.put(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            params.at_ms,
            Said(
                params.text,
                params.reply_to,
                tuple(UserId(user) for user in params.mentions),
                params.mentions_all,
                params.silent,
                params.expires_in_s,
            ),
        )
        return wire.ScheduleResult(scheduled, created)

    async def list(self, caller: Caller, params: wire.ScheduleList) -> wire.ScheduleListResult:
        listed, cursor = await self._schedules.page(
            who(caller).user, params.cursor, page(params.limit)
        )
        return wire.ScheduleListResult(tuple(listed), cursor)

    async def cancel(
        self, caller: Caller, params: wire.ScheduleCancel
    ) -> wire.ScheduleCancelResult:
        cancelled = await self._schedules.cancel(who(caller).user, params.client_id)
        return wire.ScheduleCancelResult(cancelled)
