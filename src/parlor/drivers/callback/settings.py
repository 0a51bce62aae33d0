"""Asking the customer's server who holds a token: section `auth.callback`."""

from __future__ import annotations

import msgspec

from parlor.model.url import check_url

MIN_SECRET_BYTES = 32


class CallbackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Off unless `url` is set. `secret`, at least 32 bytes, signs each request.

    An answer comes within `timeout_s` and has at most `max_bytes`, or nobody is let in. At most
    `at_once` requests run, `max_waiting` more wait; beyond that hellos are refused at once. After
    `failures` failures in a row nothing is asked for `pause_s`; then one request finds out.
    What an answer says holds for `max_lifetime_s` at most. Times in seconds.
    """

    url: str = ""
    secret: str = ""
    timeout_s: float = 3.0
    max_bytes: int = 16_384
    at_once: int = 64
    max_waiting: int = 2_000
    failures: int = 5
    pause_s: float = 5.0
    max_lifetime_s: float = 3_600.0

    @property
    def is_on(self) -> bool:
        return bool(self.url)

    def __post_init__(self) -> None:
        if not self.url:
            return
        check_url("url", self.url)
        if len(self.secret.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"secret has fewer than {MIN_SECRET_BYTES} bytes")
        for name in ("timeout_s", "max_bytes", "at_once", "failures", "pause_s", "max_lifetime_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is not above 0")
        if self.max_waiting < 0:
            raise ValueError("max_waiting is below 0")
