"""The keys that a URL publishes: kept for a while, asked for anew when an unknown one appears.

Owns when to ask and what counts while nobody answers. One request at a time, whoever waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from parlor.drivers.jwt.keys import Key, matching, published_keys
from parlor.drivers.jwt.settings import JwtSettings
from parlor.model.errors import AuthUnavailable
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter

log = structlog.get_logger()
Fetch = Callable[[], Awaitable[bytes]]


class FetchFailed(Exception):
    """The URL did not answer with a document of the allowed size in time."""


class Jwks:
    """`fetch` gets the document or raises FetchFailed."""

    def __init__(self, fetch: Fetch, settings: JwtSettings, clock: Clock, meter: Meter) -> None:
        self._fetch = fetch
        self._settings = settings
        self._clock = clock
        self._meter = meter
        self._keys: tuple[Key, ...] = ()
        self._fresh_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._keys)

    async def keys(self, algorithm: str, kid: str) -> tuple[Key, ...]:
        """Those that may have signed a token that says this of itself; () when there is none.

        Raises AuthUnavailable when nobody can tell: the URL does not answer, and what it said
        last is too old or does not have this key.
        """
        if self._age() >= self._settings.jwks_cache_s:
            await self._refresh()
        found = matching(self._keys, algorithm, kid)
        if not found and self._age() > 0:
            await self._refresh()
            found = matching(self._keys, algorithm, kid)
        if found and self._age() < self._settings.jwks_cache_s + self._settings.jwks_stale_s:
            return found
        if self._tried_at > self._fresh_at:
            raise AuthUnavailable(retry_after_s=self._settings.jwks_refetch_s)
        return ()

    def _age(self) -> float:
        return self._clock.now() - self._fresh_at

    async def _refresh(self) -> None:
        """Ask, unless that was done a moment ago. A failure leaves what is known as it is."""
        now = self._clock.now()
        if self._fetching is None:
            if now - self._tried_at < self._settings.jwks_refetch_s:
                return
            self._tried_at = now
            self._fetching = asyncio.ensure_future(self._load())
            self._fetching.add_done_callback(self._on_done)
        await asyncio.shield(self._fetching)

    async def _load(self) -> None:
        try:
            document = msgspec.json.decode(await self._fetch())
        except (FetchFailed, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failed:
            self._meter.count("auth_jwks_fetches_total", result="failed")
            log.warning("jwks_failed", reason=str(failed)[:200])
            return
        entries = document.get("keys") if isinstance(document, dict) else None
        listed = entries if isinstance(entries, list) else ()
        keys = published_keys(listed, self._settings.jwks_max_keys)
        if not keys:
            self._meter.count("auth_jwks_fetches_total", result="failed")
            log.warning("jwks_failed", reason="no key in it can be used")
            return
        self._meter.count("auth_jwks_fetches_total", result="ok")
        self._keys = keys
        self._fresh_at = self._tried_at = self._clock.now()

    def _on_done(self, _: asyncio.Task[None]) -> None:
        self._fetching = None
