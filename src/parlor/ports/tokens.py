"""Tokens that somebody else has issued: what they say, and who can tell whether they are good."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Claims(msgspec.Struct, frozen=True):
    """What a checked token says. Times are Unix seconds; nothing here is checked for length.

    `issued_at` 0 and `token_id` "" mean that the token does not say. `rooms` and `publish` are
    patterns as in `model.account.Grants`.
    """

    sub: str
    expires_at: float
    issued_at: float = 0.0
    token_id: str = ""
    device: str = ""
    name: str = ""
    rooms: tuple[str, ...] | None = None
    publish: tuple[str, ...] | None = None


class Tokens(Protocol):
    name: str
    """Of the driver, for metrics."""

    def takes(self, token: str) -> bool:
        """Whether the token has the form that this driver checks. Looks at the form only."""

    async def check(self, token: str) -> Claims:
        """Raises Unauthenticated for a token that is no good, AuthUnavailable when nobody can
        tell now. What it returns has not expired, give or take the driver's skew."""
