"""Scheduled messages: written now, sent when their time has come, exactly once.

A message waits in the store. Whichever process claims it when it is due sends it like any other,
under its own client_id: two that claim it, or one that dies between sending and forgetting, still
make one message. Rights are looked at when it is sent; whoever may not write then is told by the
list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from parlor.im.announce import Announcements
from parlor.im.message_settings import MessageSettings
from parlor.im.paging import page_size
from parlor.im.said import check_said, draft_of
from parlor.im.send import Send
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.errors import BadRequest, ParlorError
from parlor.model.event import Draft
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Said, Scheduled
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.ports.scheduled import Schedule
from parlor.wire.native.pushes import SchedulePush

log = structlog.get_logger()
MAX_PAGE = 200


class Schedules:
    """`changed` is set whenever something was scheduled here: the jobs then look when it is due."""

    def __init__(
        self,
        schedule: Schedule,
        send: Send,
        announcements: Announcements,
        settings: MessageSettings,
        im: ImSettings,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.changed = asyncio.Event()
        self._schedule = schedule
        self._send = send
        self._announcements = announcements
        self._settings = settings
        self._im = im
        self._clock = clock
        self._meter = meter
        self._able_since_ms = clock.unix_ms()
        """Since when this process has been able to send: what was due before that is not late."""

    async def put(
        self,
        user: UserId,
        conversation_id: ConversationId,
        client_id: str,
        at_ms: int,
        said: Said,
    ) -> tuple[Scheduled, bool]:
        """Say `said` at `at_ms`, a time in the past being now.

        The same `client_id` again is the same scheduled message; after it was sent it is the same
        message. Raises NotFound, NotMember, BadRequest, LimitReached, and what `Send.text` raises
        for the text.
        """
        settings = self._settings
        now = self._clock.unix_ms()
        if not 0 < at_ms <= now + settings.max_schedule_ahead_s * 1000:
            raise BadRequest(f"A message waits at most {settings.max_schedule_ahead_s} seconds.")
        checked = check_said(
            said, max_mentions=self._im.max_mentions, max_expiry_s=self._im.max_expiry_s
        )
        wanted = Scheduled(
            user,
            conversation_id,
            check_client_id(client_id),
            max(at_ms, now),
            checked,
        )
        kept, created = await self._schedule.put(wanted, settings.max_scheduled)
        if created:
            self.changed.set()
            await self._tell(kept, kept)
        return kept, created

    async def page(self, user: UserId, cursor: str, limit: int) -> tuple[Sequence[Scheduled], str]:
        """What `user` has waiting, the soonest first, and the cursor of the next page, if any."""
        size = page_size(limit, MAX_PAGE)
        found = await self._schedule.of_user(user, _parse_cursor(cursor), size + 1)
        page = found[:size]
        return page, f"{page[-1].at_ms}-{page[-1].client_id}" if len(found) > size else ""

    async def cancel(self, user: UserId, client_id: str) -> bool:
        """Whether it was still there: then it is never sent. Raises TooLate while it is."""
        now = self._clock.unix_ms()
        cancelled = await self._schedule.cancel(user, check_client_id(client_id), now)
        if cancelled is None:
            return False
        await self._tell(cancelled, None)
        return True

    async def send_due(self) -> int:
        """Send what is due, one batch; how many were claimed. Raises StorageFailed, Overloaded."""
        now, settings = self._clock.unix_ms(), self._settings
        until = now + int(settings.job_claim_s * 1000)
        try:
            claimed = await self._schedule.claim(now, until, settings.job_batch)
        except ParlorError:
            self._able_since_ms = now
            raise
        await self.send_claimed(claimed, until)
        return len(claimed)

    async def send_claimed(self, claimed: Sequence[Scheduled], until_ms: int) -> None:
        """What is this process's to send until then."""
        await asyncio.gather(*(self._send_one(due, until_ms) for due in claimed))

    async def next_at_ms(self) -> int | None:
        return await self._schedule.next_at_ms()

    async def _send_one(self, due: Scheduled, until_ms: int) -> None:
        """Sent, put off, or refused for good; never raises but to be cancelled."""
        if self._clock.unix_ms() >= until_ms - int(self._settings.job_claim_s * 500):
            # Half of the claim has passed before its turn came. Nothing is sent after a claim has
            # run out, when it may be cancelled; the next to claim it sends it.
            log.warning("scheduled_late", user=due.user_id)
            return
        try:
            try:
                await self._send.store(self._draft(due))
            except ParlorError as refusal:
                await self._put_off(due, refusal)
            else:
                await self._schedule.remove(due.user_id, due.client_id)
                self._meter.count("im_scheduled_sent_total")
                await self._tell(due, None)
        except ParlorError as failed:
            # The claim runs out, and the next one finds the message sent already or sends it.
            log.warning("scheduled_not_noted", user=due.user_id, code=failed.code)

    def _draft(self, due: Scheduled) -> Draft:
        now = self._clock.unix_ms()
        return draft_of(due.said, due.conversation_id, due.user_id, due.client_id, now)

    async def _put_off(self, due: Scheduled, refusal: ParlorError) -> None:
        now, settings = self._clock.unix_ms(), self._settings
        tried_ms = now - max(due.at_ms, self._able_since_ms)
        if refusal.retry and tried_ms < settings.job_retry_s * 1000:
            wait_s = max(refusal.retry_after_s, settings.job_poll_s)
            await self._schedule.postpone(due.user_id, due.client_id, now + int(wait_s * 1000))
            return
        self._meter.count("im_scheduled_refused_total", code=refusal.code)
        await self._schedule.refuse(due.user_id, due.client_id, refusal.code)
        await self._tell(due, msgspec.structs.replace(due, refused=refusal.code))

    async def _tell(self, message: Scheduled, now_is: Scheduled | None) -> None:
        push = SchedulePush(message.client_id, now_is)
        await self._announcements.tell([message.user_id], push, about=message.conversation_id)


def _parse_cursor(cursor: str) -> tuple[int, str] | None:
    if not cursor:
        return None
    at_ms, _, client_id = cursor.partition("-")
    is_time = at_ms.isascii() and at_ms.isdigit() and len(at_ms) <= 16
    if not (is_time and client_id.isprintable()):
        raise BadRequest("This is not a cursor of scheduled messages.")
    return int(at_ms), client_id
