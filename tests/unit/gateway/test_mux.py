import asyncio

from parlor.gateway.mux import Mux
from parlor.gateway.tcp import TcpConnection
from tests.support.fake_socket import FakeSocket
from tests.support.native_connection import NativeHouse


class RecordingHttp(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data


def _accepted(house: NativeHouse) -> tuple[Mux, FakeSocket]:
    mux, socket = Mux(house.native, RecordingHttp), FakeSocket()
    socket.set_protocol(mux)
    mux.connection_made(socket)
    return mux, socket


async def test_a_capital_letter_is_http_and_keeps_every_byte():
    mux, socket = _accepted(NativeHouse())
    mux.data_received(b"GET / HT")
    assert isinstance(socket.protocol, RecordingHttp)
    assert socket.protocol.data == b"GET / HT"


async def test_a_zero_byte_is_native_tcp():
    house = NativeHouse()
    mux, socket = _accepted(house)
    mux.data_received(b"\x00")
    assert isinstance(socket.protocol, TcpConnection)
    socket.protocol.data_received(b"\x00\x00\x02\x91\x01")
    assert socket.closed
    assert b"malformed" in socket.received


async def test_anything_else_is_closed():
    for first in (b"\x16\x03\x01", b"get /", b" ", b"\xff"):
        mux, socket = _accepted(NativeHouse())
        mux.data_received(first)
        assert socket.closed


async def test_silence_is_closed_and_costs_no_timer_afterwards():
    house = NativeHouse()
    _, socket = _accepted(house)
    await house.pass_time(9.0)
    assert socket.is_closing() is False
    await house.pass_time(2.0)
    assert socket.closed
    assert len(house.gateway.wheel) == 0


async def test_a_connection_lost_before_its_first_byte_is_forgotten():
    house = NativeHouse()
    _, socket = _accepted(house)
    socket.lose()
    assert len(house.gateway.wheel) == 0
