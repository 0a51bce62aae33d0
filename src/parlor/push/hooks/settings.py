"""What an operator may set about webhooks. Section `webhooks`."""

from __future__ import annotations

from typing import Literal

import msgspec

from parlor.model.hook import HookKind
from parlor.model.url import check_url

MIN_SECRET_CHARS = 16


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`urls` are told of `events`; `ask_url` is asked before the kinds in `ask`. Both carry a
    signature made with `secret`. Nothing is sent while no URL is set. Times in seconds.

    One POST carries up to `batch` events, at most `batch_wait_s` after the first of them, and has
    `timeout_s`. One that fails is tried `attempts` times in all, first after `retry_first_s`, then
    after twice as long each time, `retry_longest_s` at most; then its events are given up. At most
    `queue` events wait for each URL; the oldest make place for new ones.

    An answer to a question counts for `ask_deadline_s`, and `ask_at_once` questions may be open.
    After `breaker_failures` questions in a row without an answer nobody is asked for
    `breaker_pause_s`. `when_down`: what happens then, and whenever there is no answer.
    """

    urls: tuple[str, ...] = ()
    events: tuple[HookKind, ...] = tuple(HookKind)
    secret: str = ""
    timeout_s: float = 10.0
    batch: int = 100
    batch_wait_s: float = 0.2
    queue: int = 10_000
    attempts: int = 20
    retry_first_s: float = 0.5
    retry_longest_s: float = 60.0
    ask_url: str = ""
    ask: tuple[HookKind, ...] = (HookKind.CONNECT, HookKind.PUBLISH)
    ask_deadline_s: float = 1.0
    ask_at_once: int = 256
    when_down: Literal["allow", "refuse"] = "refuse"
    breaker_failures: int = 5
    breaker_pause_s: float = 5.0

    def __post_init__(self) -> None:
        for url in self.urls:
            check_url("urls", url, plain=True)
        if self.ask_url:
            check_url("ask_url", self.ask_url, plain=True)
        if self.is_used and len(self.secret) < MIN_SECRET_CHARS:
            raise ValueError(f"secret has fewer than {MIN_SECRET_CHARS} characters")
        if HookKind.DISCONNECT in self.ask:
            raise ValueError("ask: nobody can forbid a disconnect")
        for name in ("timeout_s", "retry_first_s", "ask_deadline_s", "breaker_pause_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is not above 0")
        for name in ("batch", "queue", "attempts", "ask_at_once", "breaker_failures"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is below 1")
        if self.batch_wait_s < 0:
            raise ValueError("batch_wait_s is below 0")
        if self.retry_longest_s < self.retry_first_s:
            raise ValueError("retry_longest_s is shorter than retry_first_s")

    @property
    def is_used(self) -> bool:
        return bool(self.urls or self.ask_url)
