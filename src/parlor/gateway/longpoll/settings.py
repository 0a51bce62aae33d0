"""What an operator may set about links over HTTP. Section `longpoll`."""

from __future__ import annotations

import msgspec


class LongpollSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds, sizes in bytes.

    A poll is answered after `poll_s` at the latest, and an event stream says something every
    `comment_s`: both are shorter than what proxies wait. A link that nobody reads for
    `reader_gap_s` ends. `tail_bytes` may be unacknowledged before the server waits; then the
    `gateway.outbox_*` limits hold. A request has at most `max_body_bytes`, which must be there
    after `body_timeout_s`.
    """

    enabled: bool = True
    poll_s: float = 25.0
    comment_s: float = 15.0
    reader_gap_s: float = 20.0
    tail_bytes: int = 131_072
    max_body_bytes: int = 262_144
    body_timeout_s: float = 15.0

    def __post_init__(self) -> None:
        for name in ("poll_s", "comment_s", "reader_gap_s", "body_timeout_s", "max_body_bytes"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is not above 0")
        # Clients acknowledge every 16 kB.
        if self.tail_bytes < 32_768:
            raise ValueError(f"tail_bytes is {self.tail_bytes}, below 32768")
