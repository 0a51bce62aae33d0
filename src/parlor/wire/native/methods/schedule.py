"""Messages that are sent at a time."""

from __future__ import annotations

from parlor.model.scheduled import Scheduled
from parlor.wire.native.methods.shape import Method, Params, Result


class SchedulePut(Params, frozen=True):
    """Send this at `at_ms` (Unix ms). The message will have this `client_id`, which names it
    until then: the same one again is the same message."""

    conversation_id: str
    client_id: str
    at_ms: int
    text: str
    reply_to: int = 0
    mentions: tuple[str, ...] = ()
    mentions_all: bool = False
    silent: bool = False
    expires_in_s: int = 0


class ScheduleResult(Result, frozen=True):
    scheduled: Scheduled
    created: bool


class ScheduleList(Params, frozen=True):
    """One's own, the soonest first; `cursor` from the last page, empty at first."""

    cursor: str = ""
    limit: int = 50


class ScheduleListResult(Result, frozen=True):
    """`cursor` is empty when there is no more. One that was `refused` waits to be cancelled."""

    scheduled: tuple[Scheduled, ...]
    cursor: str = ""


class ScheduleCancel(Params, frozen=True):
    client_id: str


class ScheduleCancelResult(Result, frozen=True):
    """Not `cancelled`: it is not there any more, sent perhaps."""

    cancelled: bool


METHODS: dict[str, Method] = {
    "schedule.put": Method(SchedulePut, ScheduleResult),
    "schedule.list": Method(ScheduleList, ScheduleListResult),
    "schedule.cancel": Method(ScheduleCancel, ScheduleCancelResult),
}
