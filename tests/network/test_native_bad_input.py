"""What a gateway answers to those who break the rules, over real sockets; others are unharmed."""

import asyncio
import os
import socket
import struct
from contextlib import asynccontextmanager

import msgspec
import pytest

from parlor.client import connect
from parlor.gateway.settings import GatewaySettings
from parlor.model.close import CloseCode
from parlor.model.errors import NotReady
from parlor.model.ids import UserId
from parlor.model.push import Delivery
from parlor.push.pushes import Wish
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import JSON_SUBPROTOCOL
from parlor.wire.native.framing import build_framed
from parlor.wire.native.pushes import DeliveryPush
from parlor.wire.websocket import Opcode, Pong, build_masked
from tests.support.native_server import NativeServer, running_gateway
from tests.support.raw_websocket import RawWebSocket, upgrade_request

QUICK = GatewaySettings(
    heartbeat_s=1.0,
    hello_timeout_s=1.0,
    first_byte_timeout_s=1.0,
    http_head_bytes=4_096,
    http_head_timeout_s=1.0,
    http_body_stall_s=1.0,
    close_timeout_s=0.5,
    outbox_frames=64,
    outbox_bytes=262_144,
)
HELLO = '{"id":1,"method":"hello","params":{"token":"1:raw"}}'


@pytest.fixture
async def server():
    async with running_gateway() as running, asyncio.timeout(30):
        yield running


@pytest.fixture
async def quick_server():
    async with running_gateway(QUICK) as running, asyncio.timeout(30):
        yield running


@asynccontextmanager
async def _raw(server: NativeServer, *, greet: bool = False):
    client = RawWebSocket(*await server.stream())
    try:
        client.raw(upgrade_request())
        assert " 101 " in await client.head()
        if greet:
            client.text(HELLO)
            assert '"result"' in str(await client.event())
        yield client
    finally:
        await client.close()


async def test_no_hello_in_time_closes_the_connection(quick_server):
    async with _raw(quick_server) as client:
        assert await client.close_code() == CloseCode.NO_HELLO
    async with connect(quick_server.tcp_url, None) as connection:
        with pytest.raises(NotReady):
            await connection.request(wire.MeGet(), wire.UserResult)
        await connection.wait_closed()
        assert connection.closed is not None
        assert connection.closed.code == CloseCode.NO_HELLO


async def test_a_connection_that_says_nothing_at_all_is_closed(quick_server):
    reader, writer = await quick_server.stream()
    assert await reader.read() == b""
    writer.close()


async def test_half_a_websocket_handshake_is_cut_off(quick_server):
    reader, writer = await quick_server.stream()
    writer.write(upgrade_request()[:-2])
    assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_endless_headers_are_refused(server):
    reader, writer = await server.stream()
    writer.write(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000)
    assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_the_limit_on_headers_is_a_setting(quick_server):
    reader, writer = await quick_server.stream()
    writer.write(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 1_000)
    assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_a_body_that_never_ends_is_cut_off(quick_server):
    reader, writer = await quick_server.stream()
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf")
    assert await reader.read() == b""
    writer.close()


async def test_silence_after_hello_closes_the_connection(quick_server):
    async with _raw(quick_server, greet=True) as client:
        assert await client.close_code() == CloseCode.IDLE


async def test_any_traffic_keeps_a_connection_alive(quick_server):
    async with _raw(quick_server, greet=True) as client:
        for _ in range(8):
            await asyncio.sleep(0.3)
            client.raw(build_masked(Opcode.PING, b"still here", os.urandom(4)))
            assert await client.event() == Pong(b"still here")


async def test_requests_before_hello_are_refused(server):
    async with _raw(server) as client:
        client.text('{"id":7,"method":"me.get"}')
        assert _error(await client.event()) == (7, "not_ready")
        client.text(HELLO)
        assert '"result"' in str(await client.event())
        client.text(HELLO)
        assert _error(await client.event()) == (1, "already_greeted")


async def test_unknown_methods_and_wrong_parameters_cost_one_reply_each(server):
    async with _raw(server, greet=True) as client:
        client.text('{"id":2,"method":"make.coffee"}')
        assert _error(await client.event()) == (2, "unknown_method")
        client.text('{"id":3,"method":"read.set","params":{"conversation_id":900,"seq":1}}')
        assert _error(await client.event()) == (3, "bad_request")
        client.text('{"id":4,"method":"read.set","params":{"conversation_id":"900"}}')
        assert _error(await client.event()) == (4, "bad_request")
        huge = "9" * 400
        client.text(
            f'{{"id":5,"method":"read.set","params":{{"conversation_id":"900","seq":{huge}}}}}'
        )
        assert _error(await client.event()) == (5, "bad_request")
        client.text('{"id":6,"method":"heartbeat"}')
        assert '"server_time"' in str(await client.event())


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        '"hello"',
        '{"method":"heartbeat"}',
        '{"id":-1,"method":"heartbeat"}',
        '{"id":1e400,"method":"heartbeat"}',
        '{"id":' + "9" * 5_000 + ',"method":"heartbeat"}',
        '{"id":1,"method":"' + "x" * 1_000 + '"}',
        "[" * 60_000,
        '{"id":1,"method":"heartbeat","params":' + '{"a":' * 20_000,
    ],
    ids=lambda text: text[:30],
)
async def test_a_malformed_message_closes_the_connection(server, message):
    async with server.connected() as bystander, _raw(server, greet=True) as client:
        client.text(message)
        assert await client.close_code() == CloseCode.MALFORMED
        await bystander.request(wire.Heartbeat(), wire.HeartbeatResult)


async def test_binary_where_text_was_agreed_closes_the_connection(server):
    async with _raw(server, greet=True) as client:
        client.raw(build_masked(Opcode.BINARY, b"{}", os.urandom(4)))
        assert await client.close_code() == CloseCode.UNSUPPORTED


async def test_frames_that_break_the_rfc_close_the_connection(server):
    for frame, code in [
        (b"\x81\x02hi", CloseCode.PROTOCOL_ERROR),
        (build_masked(Opcode.TEXT, b"\xff\xfe", b"abcd"), CloseCode.BAD_TEXT),
        (b"\x81\xff\x00\x00\x00\x00\x7f\xff\xff\xffabcd", CloseCode.TOO_BIG),
        (build_masked(3, b"", b"abcd"), CloseCode.PROTOCOL_ERROR),
    ]:
        async with _raw(server, greet=True) as client:
            client.raw(frame)
            assert await client.close_code() == code


async def test_over_long_tcp_messages_are_refused_before_they_are_read(server):
    reader, writer = await server.stream()
    writer.write((0x00FFFFFF).to_bytes(4, "big"))
    data = await reader.read()
    name, bye = msgspec.msgpack.decode(data[4:])
    assert (name, bye[0]) == ("bye", CloseCode.TOO_BIG)
    writer.close()


async def test_malformed_tcp_messages_are_told_why(server):
    for message in (b"\xc1", b"\x91" * 10_000, b"\x80", os.urandom(50)):
        reader, writer = await server.stream()
        writer.write(build_framed(message))
        name, bye = msgspec.msgpack.decode((await reader.read())[4:])
        assert (name, bye[0]) == ("bye", CloseCode.MALFORMED)
        writer.close()


async def test_bytes_of_no_known_protocol_are_cut_off(server):
    reader, writer = await server.stream()
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
    assert await reader.read() == b""
    writer.close()


async def test_ten_thousand_requests_in_a_second_close_their_sender_alone(server):
    async with server.connected() as bystander, _raw(server, greet=True) as client:
        for number in range(10_000):
            client.text(f'{{"id":{number},"method":"heartbeat"}}')
        assert await client.close_code() == CloseCode.RATE_LIMITED
        await bystander.request(wire.Heartbeat(), wire.HeartbeatResult)


async def test_a_client_somewhat_over_its_rate_is_told_to_wait():
    settings = GatewaySettings(requests_per_second=10, request_burst=3)
    async with running_gateway(settings) as server, _raw(server, greet=True) as client:
        for number in range(3):
            client.text(f'{{"id":{number},"method":"heartbeat"}}')
        replies = [msgspec.json.decode(str(await client.event())) for _ in range(3)]
        assert ["error" in reply for reply in replies] == [False, False, True]
        refused = replies[2]["error"]
        assert (refused["code"], refused["retry"]) == ("rate_limited", True)
        await asyncio.sleep(refused["retry_after_s"] + 0.3)
        client.text('{"id":9,"method":"heartbeat"}')
        assert '"server_time"' in str(await client.event())


async def test_bytes_after_the_upgrade_in_the_same_segment_are_not_lost(server):
    client = RawWebSocket(*await server.stream())
    client.raw(upgrade_request() + build_masked(Opcode.TEXT, HELLO.encode(), b"abcd"))
    assert " 101 " in await client.head()
    assert '"result"' in str(await client.event())
    await client.close()


async def test_a_handshake_may_come_byte_by_byte_after_an_ordinary_request(server):
    client = RawWebSocket(*await server.stream())
    client.raw(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody")
    assert " 200 " in await client.head()
    assert await client.reader.readuntil(b"\r\n\r\n")
    for byte in upgrade_request():
        client.raw(bytes([byte]))
        await client.writer.drain()
    assert " 101 " in await client.head()
    client.text(HELLO)
    assert '"result"' in str(await client.event())
    await client.close()


async def test_a_refused_upgrade_is_answered_on_a_used_connection_too(server):
    reader, writer = await server.stream()
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert await reader.readuntil(b"0\r\n\r\n")
    writer.write(upgrade_request(path="/elsewhere"))
    assert (await reader.read()).startswith(b"HTTP/1.1 404 ")
    writer.close()


async def test_firefoxs_connection_header_is_understood(server):
    head = await _handshake(server, upgrade_request(connection="keep-alive, Upgrade"))
    assert head.startswith("HTTP/1.1 101 ")
    assert f"Sec-WebSocket-Protocol: {JSON_SUBPROTOCOL}" in head


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (upgrade_request(origin="https://evil.example"), 403),
        (upgrade_request(origin="null"), 403),
        (upgrade_request(subprotocols=()), 400),
        (upgrade_request(subprotocols=["graphql-ws"]), 400),
        (upgrade_request(path="/elsewhere"), 404),
        (upgrade_request(path="/ws?token=1"), 101),
        (upgrade_request(extra=["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]), 400),
        (upgrade_request(origin="https://parlor.example"), 101),
        (upgrade_request(origin="https://app.example"), 101),
        (upgrade_request(), 101),
    ],
)
async def test_who_may_upgrade_and_how(request_bytes, status):
    async with running_gateway(origins=["https://app.example"]) as server:
        assert (await _handshake(server, request_bytes)).startswith(f"HTTP/1.1 {status} ")


async def test_an_upgrade_to_something_else_is_an_ordinary_request(server):
    reader, writer = await server.stream()
    request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n"
    writer.write(request)
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_a_reader_that_stops_loses_lossy_pushes_and_is_told_how_many(quick_server):
    async with _stopped_reader(quick_server) as (sock, client):
        for number in range(300):
            await quick_server.pushes.to_users([UserId("1")], b"%d " % number + b"x" * 20_000)
            await asyncio.sleep(0)
        seen, missed = await _read_all(sock, client, last=299)
        assert missed > 0
        assert len(seen) + missed == 300
        assert seen == sorted(seen)


async def test_a_reader_that_stops_is_closed_when_pushes_must_arrive(quick_server):
    wish = Wish(delivery=Delivery.MUST_ARRIVE)
    async with quick_server.connected("2") as other, _stopped_reader(quick_server):
        for _ in range(300):
            await quick_server.pushes.to_users([UserId("1")], b"x" * 20_000, wish)
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            while quick_server.gateway.hub.of_user(UserId("1")):
                await asyncio.sleep(0.01)
        await quick_server.pushes.to_users([UserId("2")], b"fine", wish)
        push = await other.next_push(DeliveryPush)
        assert isinstance(push.data, DeliveryPush)
        assert push.data.body == "fine"
        assert quick_server.meter.counted["connections_closed_total"] == 1


async def test_a_connection_reset_by_its_peer_leaves_nothing_behind(server):
    async with _raw(server, greet=True) as client:
        sock = client.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.writer.transport.abort()
        await server.gateway.deserted.wait()
        assert server.gateway.hub.connections() == 0
        assert server.gateway.hub.addresses() == 0


async def test_too_many_connections_are_told_to_come_back_later():
    async with (
        running_gateway(GatewaySettings(max_connections=1)) as server,
        server.connected(),
        _raw(server) as client,
    ):
        assert await client.close_code() == CloseCode.OVERLOADED


@asynccontextmanager
async def _stopped_reader(server: NativeServer):
    """A greeted connection whose client reads nothing and whose kernel keeps little."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", server.port))
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    client = RawWebSocket(None, None)  # type: ignore[arg-type]
    try:
        await loop.sock_sendall(sock, upgrade_request())
        received = b""
        while b"\r\n\r\n" not in received:
            received += await loop.sock_recv(sock, 4096)
        await loop.sock_sendall(sock, build_masked(Opcode.TEXT, HELLO.encode(), b"abcd"))
        while not client.events:
            client.events += client._frames.feed(await loop.sock_recv(sock, 4096))
        client.events.clear()
        yield sock, client
    finally:
        sock.close()


async def _read_all(sock, client: RawWebSocket, last: int) -> tuple[list[int], int]:
    loop = asyncio.get_running_loop()
    seen: list[int] = []
    missed = 0
    while not seen or seen[-1] != last:
        for event in client._frames.feed(await loop.sock_recv(sock, 1 << 20)):
            data = msgspec.json.decode(str(event))["data"]
            missed += data.get("missed", 0)
            if data["push_id"]:
                seen.append(int(data["body"].split(" ")[0]))
    return seen, missed


async def _handshake(server: NativeServer, request: bytes) -> str:
    reader, writer = await server.stream()
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    return head


def _error(event) -> tuple[int, str]:
    reply = msgspec.json.decode(str(event))
    return reply["id"], reply["error"]["code"]
