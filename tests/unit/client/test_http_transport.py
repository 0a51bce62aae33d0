import asyncio

import aiohttp
import pytest

from parlor.client.http_transport import HttpTransport, _events, _parse, _refusal
from parlor.client.transports import Closed
from parlor.model.close import CloseCode


async def _read(data: bytes) -> list[tuple[int, list[bytes]]]:
    reader = aiohttp.StreamReader(
        aiohttp.base_protocol.BaseProtocol(asyncio.get_running_loop()), 1 << 16
    )
    reader.feed_data(data)
    reader.feed_eof()
    return [event async for event in _events(reader)]


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
