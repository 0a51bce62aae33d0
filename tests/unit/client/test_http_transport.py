from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

import aiohttp
import pytest

from parlor.client.http_transport import TRIES, HttpTransport, _events, _parse, _refusal
from parlor.client.transports import Closed
from parlor.model.close import CloseCode
from tests.support.virtual_time import run_virtual


async def _read(data: bytes) -> list[tuple[int, list[bytes]]]:
    return [event async for event in _events(_stream(data))]


async def test_events_come_whole_with_their_numbers_and_comments_are_skipped():
    stream = b':\n\nid: 2\ndata: {"a":1}\ndata: {}\n\n:\n\nid: 3\ndata: []\n\nid: 4\ndata: [1'
    assert await _read(stream) == [(2, [b'{"a":1}', b"{}"]), (3, [b"[]"])]


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        (b'{"error":{"code":"draining","retry_after_s":2.5}}', 4100, "draining after_s=2.5"),
        (b'{"error":{"code":"overloaded","retry_after_s":5}}', 4101, "overloaded after_s=5"),
        (b'{"error":{"code":"no_such_link"}}', 1006, "no_such_link"),
        (b"<html>", 1006, "HTTP status 502"),
    ],
)
def test_a_refusal_over_http_says_what_a_close_would(body, code, reason):
    closed = _refusal(502, body)
    assert (closed.code, closed.reason) == (code, reason)


def test_an_answer_that_is_not_parlors_ends_the_connection():
    with pytest.raises(Closed):
        _parse(200, b"<html>sign in to the hotel</html>")


async def test_after_close_nothing_is_received():
    transport = HttpTransport.open("http+poll://127.0.0.1:9", max_bytes=1000, context=None)
    await transport.close()
    for _ in range(2):
        with pytest.raises(Closed) as closed:
            await transport.receive()
        assert closed.value.code == CloseCode.NORMAL


async def test_a_server_that_is_not_there_is_a_cut_connection():
    transport = HttpTransport.open("http+sse://127.0.0.1:9", max_bytes=1000, context=None)
    with pytest.raises(Closed) as closed:
        await transport.send(b"{}")
    assert closed.value.code == 1006
    await transport.close()


class BrokenSession:
    """Lets a link in; `said` is its whole answer to every reader."""

    closed = False

    def __init__(self, said: bytes) -> None:
        self._said = said
        self.asked = 0

    @contextlib.asynccontextmanager
    async def post(self, *_: object, **__: object) -> AsyncIterator[BrokenAnswer]:
        yield BrokenAnswer(b'{"upto":0,"messages":[],"link":"l"}')

    @contextlib.asynccontextmanager
    async def get(self, *_: object, **__: object) -> AsyncIterator[BrokenAnswer]:
        self.asked += 1
        yield BrokenAnswer(self._said)

    async def close(self) -> None:
        return


class BrokenAnswer:
    status = 200

    def __init__(self, body: bytes) -> None:
        self.content = _stream(body)

    async def read(self) -> bytes:
        return bytes(await self.content.read())


class NoSocket(aiohttp.base_protocol.BaseProtocol):
    """Under a reader that was fed everything at once."""

    def pause_reading(self) -> None:
        return

    def resume_reading(self, resume_parser: bool = True) -> None:
        return


def _stream(data: bytes) -> aiohttp.StreamReader:
    loop = asyncio.get_running_loop()
    reader = aiohttp.StreamReader(NoSocket(loop), 1 << 12, loop=loop)
    reader.feed_data(data)
    reader.feed_eof()
    return reader


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("events", b""),
        ("events", b"id: seven\ndata: {}\n\n"),
        ("events", b"data: " + b"x" * 10_000),
        ("poll", b'{"upto":0,"messages":[]}'),
    ],
)
def test_a_server_whose_answers_are_useless_is_given_up_after_a_few_pauses(kind, said):
    session = BrokenSession(said)

    async def work() -> None:
        transport = HttpTransport(cast("aiohttp.ClientSession", session), kind, 1_000)
        began = asyncio.get_running_loop().time()
        await transport.send(b"{}")
        async with asyncio.timeout(60):
            with pytest.raises(Closed):
                await transport.receive()
        assert asyncio.get_running_loop().time() - began > 1
        await transport.close()

    run_virtual(work())
    assert session.asked == TRIES
