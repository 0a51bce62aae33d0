"""What drivers said of tokens a moment ago, so that a request does not cost them an answer each.

Owns for how long an answer counts. Only what was good is kept, by the hash of its token; what was
revoked since is for the caller to look at, each time. Called by `authentication`.
"""

from __future__ import annotations

import hashlib

from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.recent import Recent
from parlor.model.errors import Unauthenticated
from parlor.ports.clock import Clock
from parlor.ports.tokens import Claims, Tokens


class RecentClaims:
    """At most `auth.remembered_tokens` answers, each for `auth.recheck_s` at most, and never
    longer than its token lives."""

    def __init__(self, settings: AuthSettings, clock: Clock) -> None:
        self._clock = clock
        self._said: Recent[Claims] = Recent(settings.remembered_tokens, settings.recheck_s)

    def __len__(self) -> int:
        return len(self._said)

    async def check(self, driver: Tokens, token: str, *, anew: bool) -> Claims:
        """As `driver.check`, and `anew` asks it in any case. A no is never remembered, and a yes
        from before it is forgotten. Raises what the driver raises."""
        key = hashlib.sha256(token.encode()).digest()
        if not anew:
            said = self._said.get(key, self._clock.now())
            if said is not None and said.expires_at > self._clock.unix_ms() / 1000:
                return said
        owner, version = key.hex(), self._said.version
        try:
            claims = await driver.check(token)
        except Unauthenticated:
            self._said.forget(owner)
            raise
        self._said.put(key, owner, claims, self._clock.now(), version)
        return claims
