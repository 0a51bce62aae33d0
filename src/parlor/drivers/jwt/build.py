"""A driver for JSON Web Tokens as boot opens it: keys read, the key URL's session opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlor.drivers.jwt.jwks import Fetch, FetchFailed, Jwks
from parlor.drivers.jwt.keys import static_keys
from parlor.drivers.jwt.settings import JwtSettings
from parlor.drivers.jwt.tokens import JwtTokens
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter


@asynccontextmanager
async def open_jwt(settings: JwtSettings, clock: Clock, meter: Meter) -> AsyncIterator[JwtTokens]:
    """Raises ValueError for a key file that cannot be used. Asks no URL before a token comes."""
    keys = static_keys(settings)
    if not settings.jwks_url:
        yield JwtTokens(keys, None, settings, clock)
        return
    async with _fetching(settings) as fetch:
        yield JwtTokens(keys, Jwks(fetch, settings, clock, meter), settings, clock)


@asynccontextmanager
async def _fetching(settings: JwtSettings) -> AsyncIterator[Fetch]:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=settings.jwks_timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def fetch() -> bytes:
            try:
                # A redirect would let whoever owns one address name another.
                async with session.get(settings.jwks_url, allow_redirects=False) as answer:
                    if answer.status != 200:
                        raise FetchFailed(f"status {answer.status}")
                    body = bytearray()
                    async for chunk in answer.content.iter_chunked(65_536):
                        body += chunk
                        if len(body) > settings.jwks_max_bytes:
                            raise FetchFailed("larger than jwks_max_bytes")
                    return bytes(body)
            except (aiohttp.ClientError, TimeoutError, OSError) as failed:
                raise FetchFailed(f"{type(failed).__name__}: {failed}") from failed

        yield fetch
