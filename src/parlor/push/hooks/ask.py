"""Asking the operator's program before something is done: one POST, one answer, one deadline.

    200 {"allow": true}                     it may
    200 {"allow": false, "message": "..."}  it may not; the message is shown to the person
    204                                     it may

Everything else is no answer, and then the setting `when_down` decides.
"""

from __future__ import annotations

import msgspec
import structlog

from parlor.model.breaker import Breaker
from parlor.model.errors import HookUnavailable, Vetoed
from parlor.model.hook import HookEvent
from parlor.ports.clock import Clock
from parlor.ports.hooks import HookFailed, HookPost
from parlor.ports.meter import Meter
from parlor.push.hooks.settings import WebhookSettings
from parlor.wire.webhook import DELIVERY, SIGNATURE, sign

log = structlog.get_logger()

MAX_MESSAGE_CHARS = 300


class Answer(msgspec.Struct, frozen=True):
    allow: bool
    message: str = ""


_parse = msgspec.json.Decoder(Answer).decode
_encode = msgspec.json.Encoder().encode


class Asker:
    """May be asked about many things at once; more than `ask_at_once` count as not answered."""

    def __init__(
        self, post: HookPost, settings: WebhookSettings, clock: Clock, meter: Meter
    ) -> None:
        self._post = post
        self._settings = settings
        self._clock = clock
        self._meter = meter
        self._breaker = Breaker(settings.breaker_failures, settings.breaker_pause_s)
        self.waiting = 0
        """Questions without an answer yet."""

    async def ask(self, event: HookEvent) -> None:
        """Return when it may be done. Raises Vetoed, HookUnavailable."""
        if self.waiting >= self._settings.ask_at_once:
            self._without_answer(event, "busy", 1.0)
            return
        wait_s = self._breaker.wait_s(self._clock.now())
        if wait_s:
            self._without_answer(event, "paused", wait_s)
            return
        self.waiting += 1
        try:
            answer = await self._answer(event)
        except (HookFailed, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failed:
            self._breaker.on_done(self._clock.now(), answered=False)
            log.warning("hook_not_answered", kind=event.kind, reason=str(failed)[:200])
            self._without_answer(event, "failed", self._settings.breaker_pause_s)
            return
        finally:
            self.waiting -= 1
        self._breaker.on_done(self._clock.now(), answered=True)
        self._count(event, "allowed" if answer.allow else "vetoed")
        if not answer.allow:
            raise Vetoed(answer.message[:MAX_MESSAGE_CHARS])

    @property
    def is_paused(self) -> bool:
        """Whether nobody is asked, because there were no answers."""
        return self._breaker.is_open

    async def _answer(self, event: HookEvent) -> Answer:
        settings = self._settings
        body = _encode(event)
        headers = {
            SIGNATURE: sign(settings.secret, self._clock.unix_ms() // 1_000, body),
            DELIVERY: event.id,
        }
        status, said = await self._post.post(
            settings.ask_url, body, headers, settings.ask_deadline_s
        )
        if status == 204:
            return Answer(allow=True)
        if status != 200:
            raise HookFailed(f"status {status}")
        return _parse(said)

    def _without_answer(self, event: HookEvent, why: str, retry_after_s: float) -> None:
        self._count(event, why)
        if self._settings.when_down == "refuse":
            raise HookUnavailable(retry_after_s=retry_after_s)

    def _count(self, event: HookEvent, outcome: str) -> None:
        self._meter.count("hook_questions_total", kind=event.kind.value, outcome=outcome)
