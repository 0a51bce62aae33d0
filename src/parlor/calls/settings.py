"""The settings of calls."""

from __future__ import annotations

import msgspec


class CallsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section `calls`. Times in seconds, sizes in bytes.

    `grace_s`: a talking device that lost its connection may take this long to come back.
    `remember_ended_s`: how long a late request about an ended call is told so.
    `max_signal_bytes`: one signal's payload. `max_held_signals` and `max_held_bytes`: what the
    caller may send before somebody answered.
    `record_attempts`, `record_backoff_s`, `record_backoff_max_s`: how an outcome that could not
    be stored is tried again, at doubling intervals.
    `stun_urls` and `turn_urls` are handed to browsers as they are (RFC 7064, RFC 7065); a URL of
    another scheme raises ValueError.
    `turn_secret` is coturn's `static-auth-secret`; credentials made of it last `turn_ttl_s`.
    """

    ring_timeout_s: float = 45.0
    grace_s: float = 15.0
    remember_ended_s: float = 60.0
    max_signal_bytes: int = 65_536
    max_held_signals: int = 64
    max_held_bytes: int = 262_144
    record_attempts: int = 20
    record_backoff_s: float = 0.5
    record_backoff_max_s: float = 30.0
    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = ""
    turn_ttl_s: int = 3600

    def __post_init__(self) -> None:
        _check_schemes("stun_urls", self.stun_urls, ("stun:", "stuns:"))
        _check_schemes("turn_urls", self.turn_urls, ("turn:", "turns:"))


def _check_schemes(key: str, urls: tuple[str, ...], schemes: tuple[str, ...]) -> None:
    for url in urls:
        if not url.startswith(schemes):
            raise ValueError(f"{key}: {url!r} does not begin with {' or '.join(schemes)}")
