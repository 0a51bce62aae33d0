"""The one clock and the one source of randomness, as the ports want them."""

from __future__ import annotations

import secrets
import time


class SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000


class SystemEntropy:
    def token_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)
