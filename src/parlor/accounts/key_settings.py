"""Settings of API keys, section `keys`."""

from __future__ import annotations

import msgspec

from parlor.model.account import Quota


class KeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one key may ask unless it was made with a quota of its own, and how keys are kept.

    Rates are counted by each process: `requests_per_second` on average and `request_burst` at
    once, the same for messages (a batch of n is n of them). `messages_per_day` is counted from
    midnight UTC, or from the start of the process; 0 is no limit.

    A key in use is looked up again every `watch_s` seconds, so that one that was revoked by
    another process is refused that soon. When it was used is written at most every
    `mark_used_s` seconds. The last `remembered` keys in use are kept in memory.
    """

    requests_per_second: float = 10_000.0
    request_burst: int = 20_000
    messages_per_second: float = 100_000.0
    message_burst: int = 200_000
    messages_per_day: int = 0
    watch_s: float = 1.0
    mark_used_s: float = 60.0
    remembered: int = 1_000

    def __post_init__(self) -> None:
        for name in ("requests_per_second", "messages_per_second", "watch_s", "mark_used_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is not above 0")
        for name in ("request_burst", "message_burst", "remembered"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is below 1")
        if self.messages_per_day < 0:
            raise ValueError("messages_per_day is below 0")

    def quota(self, own: Quota) -> Quota:
        """What is in force for a key: its own where it has one."""
        return Quota(
            requests_per_second=own.requests_per_second or self.requests_per_second,
            request_burst=own.request_burst or self.request_burst,
            messages_per_second=own.messages_per_second or self.messages_per_second,
            message_burst=own.message_burst or self.message_burst,
            messages_per_day=own.messages_per_day or self.messages_per_day,
        )
