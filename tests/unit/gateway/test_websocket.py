import pytest

from parlor.model.close import CloseCode
from parlor.wire.websocket import CloseReceived, Opcode, Pong, build_masked
from tests.support.native_connection import NativeHouse


async def test_the_last_ping_of_a_segment_is_answered():
    client = NativeHouse().websocket()
    client.connection.data_received(
        b"\x89\x81mask" + bytes([ord("a") ^ ord("m")]) + b"\x89\x81mask" + bytes([ord("b") ^ 109])
    )
    client.connection.flush()
    assert client.events() == [Pong(b"b")]


async def test_a_ping_is_answered_before_what_came_after_it():
    """Also when that ends the connection: by a close, by a fault, by a message that is none."""
    ping = build_masked(Opcode.PING, b"a", b"mask")
    for opcode, end in ((Opcode.CLOSE, b"\x0f\xa0"), (3, b""), (Opcode.TEXT, b"{")):
        client = NativeHouse().websocket()
        client.connection.data_received(ping + build_masked(opcode, end, b"mask"))
        assert client.events()[0] == Pong(b"a")


async def test_a_close_of_the_peer_is_answered_with_its_code_and_the_socket_closed():
    client = NativeHouse().websocket()
    client.send(Opcode.CLOSE, (4321).to_bytes(2))
    assert client.events() == [CloseReceived(4321, "")]
    assert client.socket.closed


async def test_the_socket_stays_open_until_the_peer_has_said_close_too():
    client = NativeHouse().websocket()
    client.send(Opcode.TEXT, b"{")
    assert client.close_code() == CloseCode.MALFORMED
    assert client.socket.is_closing() is False
    client.send(Opcode.TEXT, b'{"id":1,"method":"heartbeat"}')
    client.send(Opcode.CLOSE, (4205).to_bytes(2))
    assert client.socket.closed
    assert client.events() == []


async def test_a_peer_that_never_says_close_is_cut_off():
    house = NativeHouse()
    client = house.websocket()
    client.send(Opcode.TEXT, b"{")
    await house.pass_time(6.0)
    assert client.socket.aborted


async def test_after_broken_frames_nothing_more_is_read():
    client = NativeHouse().websocket()
    client.connection.data_received(b"\x81\x02hi")
    assert client.close_code() == CloseCode.PROTOCOL_ERROR
    assert client.socket.closed


@pytest.mark.parametrize("code", [CloseCode.MALFORMED, CloseCode.UNSUPPORTED])
async def test_reasons_of_this_protocol_come_as_a_bye_as_well(code):
    client = NativeHouse().websocket()
    if code is CloseCode.MALFORMED:
        client.send(Opcode.TEXT, b"{")
    else:
        client.send(Opcode.BINARY, b"{}")
    byes = client.messages()
    assert bool(byes) is (code is CloseCode.MALFORMED)
    if byes:
        assert byes[0] == {"push": "bye", "data": {"code": 4205, "reason": "malformed"}}
