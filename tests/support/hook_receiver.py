"""The operator's program in memory: answers as the test says, on time that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from parlor.drivers.memory.hook_queue import MemoryHookQueue
from parlor.ports.hooks import HookFailed
from parlor.push.hooks.ask import Asker
from parlor.push.hooks.settings import WebhookSettings
from parlor.push.hooks.tell import Receiver
from parlor.push.hooks.webhooks import Webhooks
from parlor.wire.webhook import verify
from tests.support.steady import CountedBytes, CountingMeter, HandClock

URL = "https://app.example.org/hooks"
ASK_URL = "https://app.example.org/ask"
SECRET = "a secret of some length"

Answer = tuple[int, bytes] | Exception


class Program:
    """`answers` are given in turn; when they are used up, 204. Checks every signature."""

    def __init__(self, clock: HandClock, *answers: Answer) -> None:
        self.answers = list(answers)
        self.bodies: list[Any] = []
        self.deliveries: list[str] = []
        self.timeouts: list[float] = []
        self.hold: asyncio.Event | None = None
        self._clock = clock

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> tuple[int, bytes]:
        now_s = self._clock.unix_ms() / 1_000
        assert verify(SECRET, headers["Parlor-Signature"], body, now_s, window_s=1)
        self.bodies.append(msgspec.json.decode(body))
        self.deliveries.append(headers["Parlor-Delivery"])
        self.timeouts.append(timeout_s)
        if self.hold is not None:
            await self.hold.wait()
        answer = self.answers.pop(0) if self.answers else (204, b"")
        if isinstance(answer, Exception):
            raise answer
        return answer


class Hooked:
    """Webhooks with one receiver, on a clock that sleeping moves."""

    def __init__(self, *answers: Answer, **settings: Any) -> None:
        chosen = {"urls": (URL,), "ask_url": ASK_URL, "secret": SECRET, **settings}
        self.settings = WebhookSettings(**chosen)
        self.clock = HandClock()
        self.meter = CountingMeter()
        self.program = Program(self.clock, *answers)
        self.slept: list[float] = []
        self.receiver = Receiver(
            URL,
            MemoryHookQueue(self.settings.queue),
            self.program,
            self.settings,
            self.clock,
            CountedBytes(),
            self.meter,
            sleep=self._sleep,
        )
        self.asker = Asker(self.program, self.settings, self.clock, self.meter)
        self.webhooks = Webhooks(
            [self.receiver], self.asker, self.settings, self.clock, CountedBytes()
        )

    async def _sleep(self, for_s: float) -> None:
        self.slept.append(for_s)
        self.clock.at += for_s


FAILED = HookFailed("connection refused")
