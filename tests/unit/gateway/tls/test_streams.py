"""`gateway.stream` over TLS: the same promises, none of the short cuts."""

import asyncio

from parlor.gateway.state.outbox import Frame
from parlor.model.push import Delivery
from tests.support.fake_socket import FakeSocket, PlainStream
from tests.support.tls_client import TlsClient
from tests.support.tls_listener import TlsHouse


def _forbidden(descriptor: int, data: bytes) -> int:
    raise AssertionError("a write that goes around TLS")


def _opened(house: TlsHouse) -> tuple[PlainStream, FakeSocket, TlsClient]:
    stream = PlainStream(house.gateway)
    stream.write_descriptor = _forbidden
    socket = FakeSocket()
    socket.is_direct = True
    protocol = house.tls.secured(lambda: stream, "on")()
    socket.set_protocol(protocol)
    protocol.connection_made(socket)
    client = TlsClient(socket, "one.example")
    client.open()
    return stream, socket, client


def _put(stream: PlainStream, body: bytes) -> None:
    stream.link.put(Frame(body, Delivery.MUST_ARRIVE))


async def test_what_is_put_in_one_turn_is_one_write_and_never_goes_around_tls(tmp_path):
    stream, socket, client = _opened(TlsHouse(tmp_path))
    before = socket.writes
    for number in range(20):
        _put(stream, b"%02d" % number)
    await asyncio.sleep(0)
    assert socket.writes - before == 1
    client.exchange()
    assert client.received == b"".join(b"%02d" % number for number in range(20))


async def test_frames_wait_in_the_outbox_as_soon_as_the_kernel_takes_no_more(tmp_path):
    stream, socket, client = _opened(TlsHouse(tmp_path))
    socket.room = 10
    _put(stream, b"first")
    await asyncio.sleep(0)
    for _ in range(5):
        _put(stream, b"later")
        await asyncio.sleep(0)
    assert len(stream.link.outbox) == 5
    socket.drain()
    await asyncio.sleep(0)
    client.exchange()
    assert client.received == b"first" + b"later" * 5
