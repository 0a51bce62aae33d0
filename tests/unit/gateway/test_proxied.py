import asyncio

from parlor.gateway.proxied import proxied
from parlor.wire.proxy import TrustedProxies
from tests.support.fake_socket import FakeSocket, advance, make_gateway

PROXY = "198.51.100.7"
HEADER = b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n"


class Behind(asyncio.Protocol):
    def __init__(self, address: str = "") -> None:
        self.address = address
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data


def _accepted(mode, peer=PROXY, trusted=(PROXY,)):
    gateway, clock = make_gateway()
    gateway.trusted = TrustedProxies(trusted)
    socket = FakeSocket(peer=peer)
    protocol = proxied(Behind, gateway, mode)()
    socket.set_protocol(protocol)
    protocol.connection_made(socket)
    return gateway, clock, socket


def _feed(socket: FakeSocket, data: bytes) -> None:
    protocol = socket.protocol
    assert isinstance(protocol, asyncio.Protocol)
    protocol.data_received(data)


async def test_a_trusted_header_names_the_client_however_it_is_cut():
    for cut in range(1, len(HEADER) + 3):
        for mode in ("optional", "required"):
            _, _, socket = _accepted(mode)
            data = HEADER + b"hello"
            _feed(socket, data[:cut])
            if data[cut:]:
                _feed(socket, data[cut:])
            assert isinstance(socket.protocol, Behind)
            assert (socket.protocol.address, socket.protocol.data) == ("203.0.113.9", b"hello")


async def test_a_proxy_that_speaks_for_itself_keeps_its_address():
    _, _, socket = _accepted("required")
    _feed(socket, b"PROXY UNKNOWN\r\n")
    assert isinstance(socket.protocol, Behind)
    assert socket.protocol.address == PROXY


async def test_where_it_is_optional_a_proxy_may_leave_it_out():
    for data in (b"GET / HTTP/1.1\r\n", b"\x00\x00\x00\x05hello", b"POST /", b"\r\n\r\nx"):
        _, _, socket = _accepted("optional")
        _feed(socket, data[:1])
        _feed(socket, data[1:])
        assert isinstance(socket.protocol, Behind)
        assert (socket.protocol.address, socket.protocol.data) == (PROXY, data)


async def test_where_it_is_required_nothing_else_comes_in():
    for data in (b"GET / HTTP/1.1\r\n", b"\x00\x00\x00\x05hello", HEADER.replace(b"TCP4", b"TCP9")):
        gateway, _, socket = _accepted("required")
        _feed(socket, data)
        assert socket.closed
        assert gateway.meter.counted["proxy_headers_refused_total"] == 1


async def test_nobody_who_is_not_trusted_can_name_an_address():
    _, _, socket = _accepted("optional", trusted=["192.0.2.99"])
    _feed(socket, HEADER)
    assert isinstance(socket.protocol, Behind)
    assert (socket.protocol.address, socket.protocol.data) == (PROXY, HEADER)
    gateway, _, socket = _accepted("required", trusted=["192.0.2.99"])
    assert socket.closed
    assert gateway.meter.counted["proxy_headers_refused_total"] == 1


async def test_half_a_header_is_counted_and_cut_off_in_time():
    gateway, clock, socket = _accepted("optional")
    _feed(socket, HEADER[:-1])
    assert gateway.admission.total == 1
    advance(gateway, clock, gateway.settings.first_byte_timeout_s + 1)
    assert socket.closed
    socket.lose()
    assert (gateway.admission.total, len(gateway.wheel)) == (0, 0)


async def test_an_endless_header_is_refused():
    _, _, socket = _accepted("optional")
    _feed(socket, b"PROXY UNKNOWN" + b" " * 200)
    assert socket.closed


async def test_switched_off_it_is_not_there_at_all():
    gateway, _ = make_gateway()
    assert proxied(Behind, gateway, "off") is Behind
