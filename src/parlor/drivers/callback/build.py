"""The callback as boot opens it: one HTTP session for all questions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlor.drivers.callback.settings import CallbackSettings
from parlor.drivers.callback.tokens import CallbackTokens, Post, PostFailed
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter


@asynccontextmanager
async def open_callback(
    settings: CallbackSettings, clock: Clock, meter: Meter
) -> AsyncIterator[CallbackTokens]:
    async with _posting(settings) as post:
        yield CallbackTokens(post, settings, clock, meter)


@asynccontextmanager
async def _posting(settings: CallbackSettings) -> AsyncIterator[Post]:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=settings.timeout_s)
    connector = aiohttp.TCPConnector(limit=settings.at_once)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:

        async def post(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
            try:
                async with session.post(
                    settings.url, data=body, headers=headers, allow_redirects=False
                ) as answer:
                    said = bytearray()
                    async for chunk in answer.content.iter_chunked(16_384):
                        said += chunk
                        if len(said) > settings.max_bytes:
                            raise PostFailed("larger than max_bytes")
                    return answer.status, bytes(said)
            except (aiohttp.ClientError, TimeoutError, OSError) as failed:
                raise PostFailed(f"{type(failed).__name__}: {failed}") from failed

        yield post
