import asyncio

import pytest

from parlor.client.transports import Closed, TcpTransport
from parlor.model.errors import WireError
from parlor.wire.native.codec import MSGPACK
from parlor.wire.native.framing import build_framed
from tests.support.fake_socket import FakeSocket


def _reader(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


def _transport(data: bytes) -> TcpTransport:
    loop = asyncio.get_running_loop()
    transport = FakeSocket()
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    return TcpTransport(_reader(data), writer, max_bytes=100)


async def test_messages_are_cut_by_their_length():
    transport = _transport(build_framed(b"one") + build_framed(b"two"))
    assert [await transport.receive(), await transport.receive()] == [b"one", b"two"]
    assert transport.codec is MSGPACK


async def test_the_end_of_the_stream_is_a_cut_connection():
    for data in (b"", b"\x00\x00", build_framed(b"whole")[:-1]):
        with pytest.raises(Closed) as closed:
            await _transport(data).receive()
        assert closed.value.code == 1006


async def test_a_server_cannot_make_a_client_keep_any_amount():
    with pytest.raises(WireError):
        await _transport(b"\x7f\xff\xff\xff").receive()


@pytest.mark.parametrize(
    ("reason", "after_s"),
    [("draining after_s=2.5", 2.5), ("overloaded after_s=5", 5.0), ("idle", 0.0), ("", 0.0)],
)
def test_how_long_to_stay_away_is_in_the_reason(reason, after_s):
    assert Closed(4100, reason).after_s == after_s
