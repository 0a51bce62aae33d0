"""How an answer to a webhook arrives: whole, however the network cuts it, and never without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from parlor.drivers.webhooks import MAX_ANSWER_BYTES, open_webhooks


@asynccontextmanager
async def _answering(*segments: bytes) -> AsyncIterator[str]:
    """The URL of a server that gives every request this answer, one segment at a time."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        size = sum(map(len, segments))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for segment in segments:
            writer.write(segment)
            await writer.drain()
            for _ in range(50):  # turns of the loop, in which the client reads what is there
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ask"


async def _post(segments: Sequence[bytes]) -> tuple[int, bytes]:
    async with _answering(*segments) as url, open_webhooks() as webhooks:
        return await webhooks.post(url, b"{}", {}, 10.0)


async def test_an_answer_in_several_segments_is_read_whole():
    assert await _post([b'{"allow"', b": tr", b"ue}"]) == (200, b'{"allow": true}')


async def test_an_answer_that_is_too_long_is_cut_at_the_limit():
    assert MAX_ANSWER_BYTES == 65_536
    for segments in ([b"x" * 70_000], [b"x" * 65_535, b"xx"], [b"x" * 30_000] * 3):
        status, said = await _post(segments)
        assert (status, said) == (200, b"x" * MAX_ANSWER_BYTES)
