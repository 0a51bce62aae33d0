"""A gateway that ends tells everybody, over real sockets."""

import asyncio
import socket

import pytest

from parlor.client import ConnectionClosed, connect
from parlor.gateway.drain import drain
from parlor.model.close import CloseCode
from parlor.model.errors import Draining
from parlor.wire.native import methods as wire
from tests.support.native_server import running_gateway


async def test_everybody_is_told_when_to_come_back_each_at_another_time():
    async with running_gateway() as server, asyncio.timeout(20):
        clients = [connect(server.websocket_url, f"1:{n}") for n in range(10)]
        clients += [connect(server.tcp_url, f"2:{n}") for n in range(10)]
        connections = [await client.__aenter__() for client in clients]
        await drain(server.native, 10.0)
        assert server.gateway.hub.connections() == 0
        for connection in connections:
            await connection.wait_closed()
        closes = [connection.closed for connection in connections if connection.closed]
        assert {close.code for close in closes} == {CloseCode.DRAINING}
        times = {close.after_s for close in closes}
        assert all(1.0 < after_s <= 2.0 for after_s in times)
        assert len(times) > 5
        for client in clients:
            await client.__aexit__(None, None, None)


async def test_what_was_asked_before_is_answered_and_what_is_asked_after_is_not():
    async with running_gateway() as server, server.connected() as connection:
        hold = server.small.thread.hold = asyncio.Event()
        sending = asyncio.create_task(
            connection.request(wire.MessageSend("900", "c", "last words"), wire.MessageSendResult)
        )
        await connection.request(wire.Heartbeat(), wire.HeartbeatResult)
        draining = asyncio.create_task(drain(server.native, 10.0))
        await asyncio.sleep(0.02)
        with pytest.raises(Draining) as refusal:
            await connection.request(wire.Heartbeat(), wire.HeartbeatResult)
        assert refusal.value.retry_after_s > 0
        hold.set()
        assert (await sending).event.text == "last words"
        await draining
        await connection.wait_closed()


async def test_a_client_that_does_not_close_is_not_waited_for_longer_than_the_limit():
    async with running_gateway() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        hello = b"\x93\x01\xa5hello\x91\xa31:x"
        sock.sendall(len(hello).to_bytes(4, "big") + hello)
        async with asyncio.timeout(20):
            while not server.gateway.hub.connections():
                await asyncio.sleep(0.01)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await drain(server.native, 1.0)
        assert loop.time() - began < 4.0
        sock.close()


async def test_new_connections_are_sent_away_while_draining():
    async with running_gateway() as server:
        server.gateway.begin_drain(away_s=1.0)
        async with connect(server.tcp_url, None) as connection:
            with pytest.raises(ConnectionClosed):
                await connection.request(wire.Hello("1:a"), wire.HelloResult)
            assert connection.closed is not None
            assert connection.closed.code == CloseCode.DRAINING
            assert connection.closed.after_s >= 1.0
