"""HTTP POST to the operator's own programs, with aiohttp. Satisfies `ports.hooks.HookPost`.

Imported only where a webhook is configured: aiohttp costs 0.2 s of a start. Redirects are not
followed, so that a receiver cannot point this server at somebody else's addresses, cookies are
not kept, and proxies of the environment not used.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from parlor.ports.hooks import HookFailed

MAX_ANSWER_BYTES = 65_536
MAX_CONNECTIONS_PER_HOST = 64
_READ_BYTES = 16_384


class WebhookPost:
    """Made by `open_webhooks`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                said = bytearray()
                # One read gives what one segment brought, not what was asked for.
                async for chunk in answer.content.iter_chunked(_READ_BYTES):
                    said += chunk
                    if len(said) >= MAX_ANSWER_BYTES:
                        break
                return answer.status, bytes(said[:MAX_ANSWER_BYTES])
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failed:
            raise HookFailed(f"{type(failed).__name__}: {failed}"[:200]) from failed


@asynccontextmanager
async def open_webhooks() -> AsyncIterator[WebhookPost]:
    """Connections are kept alive between posts and closed in the end."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, limit_per_host=MAX_CONNECTIONS_PER_HOST),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"User-Agent": "Parlor", "Content-Type": "application/json"},
    ) as session:
        yield WebhookPost(session)
