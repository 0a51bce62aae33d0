import asyncio
from typing import Any

from parlor.gateway.mux import Mux
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.tcp import TcpConnection
from parlor.gateway.upgrades import Upgrades
from parlor.gateway.websocket import WebSocketConnection
from parlor.model.origins import Origins
from parlor.wire.proxy import TrustedProxies
from parlor.wire.websocket import Opcode, build_masked
from tests.support.fake_socket import FakeSocket
from tests.support.native_connection import NativeHouse, settle
from tests.support.raw_websocket import upgrade_request


class RecordingHttp(asyncio.Protocol):
    def __init__(self, address: str) -> None:
        self.address = address
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data


def _accepted(house: NativeHouse, address: str = "") -> tuple[Mux, FakeSocket]:
    upgrades = Upgrades(house.native, Origins([]))
    mux, socket = Mux(house.native, upgrades, RecordingHttp, address), FakeSocket()
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


HELLO = build_masked(Opcode.TEXT, b'{"id":1,"method":"hello","params":{"token":"1:raw"}}', b"mask")


async def test_a_whole_handshake_opens_the_gateways_own_connection_with_every_byte_after_it():
    mux, socket = _accepted(NativeHouse())
    mux.data_received(upgrade_request() + HELLO)
    assert isinstance(socket.protocol, WebSocketConnection)
    await settle()
    head, _, frames = socket.received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b'"result"' in frames


async def test_every_other_request_goes_to_http_from_its_first_byte():
    for request in (
        upgrade_request()[:-1],
        upgrade_request(path="/elsewhere"),
        upgrade_request(path="/ws/"),
        upgrade_request(origin="https://evil.example"),
        upgrade_request(subprotocols=["graphql-ws"]),
        upgrade_request(extra=["Content-Length: 3"]) + b"abc",
        upgrade_request(extra=["Sec-WebSocket-Version: 12"]),
        upgrade_request().replace(b"GET", b"PUT"),
    ):
        mux, socket = _accepted(NativeHouse())
        mux.data_received(request)
        assert isinstance(socket.protocol, RecordingHttp), request
        assert (socket.protocol.data, socket.received) == (request, b"")


async def test_a_socket_is_counted_from_accept_to_its_end_whatever_it_becomes():
    for becomes in (b"", b"\x00", upgrade_request()):
        house = NativeHouse()
        mux, socket = _accepted(house)
        assert house.gateway.admission.total == 1
        if becomes:
            mux.data_received(becomes)
            assert house.gateway.admission.total == 1
        socket.lose()
        assert house.gateway.admission.total == 0


async def test_one_handshake_too_many_is_answered_and_then_closed_with_the_reason():
    house = NativeHouse(GatewaySettings(max_connections=1))
    _accepted(house)
    mux, socket = _accepted(house)
    mux.data_received(upgrade_request())
    assert socket.received.startswith(b"HTTP/1.1 101 ")
    assert b"overloaded after_s=" in socket.received


async def test_a_silent_connection_too_many_is_kept_for_a_moment_only():
    house = NativeHouse(GatewaySettings(max_connections=1))
    _, first = _accepted(house)
    _, second = _accepted(house)
    await house.pass_time(2.0)
    assert (first.closed, second.closed) == (False, True)


async def test_the_address_is_what_a_trusted_proxy_says_and_nobody_elses_word():
    forwarded = upgrade_request(extra=["X-Forwarded-For: 203.0.113.9"])
    for trusted, address in (([], "198.51.100.7"), (["198.51.100.7"], "203.0.113.9")):
        house = NativeHouse()
        house.gateway.trusted = TrustedProxies(trusted)
        mux, socket = _accepted(house)
        mux.data_received(forwarded)
        assert isinstance(socket.protocol, WebSocketConnection)
        assert socket.protocol.link.address == address


async def test_an_announced_address_is_everybodys_who_takes_the_socket_over():
    for data in (b"\x00", b"GET / HTTP/1.1", upgrade_request()):
        mux, socket = _accepted(NativeHouse(), "203.0.113.9")
        mux.data_received(data)
        protocol: Any = socket.protocol
        where = protocol if isinstance(protocol, RecordingHttp) else protocol.link
        assert where.address == "203.0.113.9"
