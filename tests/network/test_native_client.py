"""The Python SDK against a gateway on a real port."""

import asyncio

import pytest
from websockets.exceptions import InvalidHandshake

from parlor.client import connect, stay_connected
from parlor.gateway.settings import GatewaySettings
from parlor.model.close import Close, CloseCode
from parlor.model.errors import Unauthenticated
from parlor.wire.native import methods as wire
from tests.support.native_server import running_gateway


async def test_a_forged_token_is_raised_from_connect():
    async with running_gateway() as server:
        with pytest.raises(Unauthenticated):
            async with connect(server.websocket_url, "forged"):
                raise AssertionError


async def test_nobody_there_is_an_oserror_and_a_wrong_path_a_failed_handshake():
    async with running_gateway() as server:
        with pytest.raises(InvalidHandshake):
            async with connect(f"ws://127.0.0.1:{server.port}/elsewhere", None):
                raise AssertionError
    with pytest.raises(OSError):
        async with connect(server.tcp_url, None):
            raise AssertionError


@pytest.mark.parametrize("scheme", ["websocket_url", "tcp_url"])
async def test_heartbeats_keep_a_silent_client_connected(scheme):
    async with (
        running_gateway(GatewaySettings(heartbeat_s=0.6)) as server,
        connect(getattr(server, scheme), "1:a") as connection,
    ):
        await asyncio.sleep(2.5)
        assert connection.closed is None


async def test_a_client_comes_back_when_it_was_told_to():
    async with running_gateway() as server, asyncio.timeout(20):
        times = 0
        async for connection in stay_connected(lambda: connect(server.websocket_url, "1:a")):
            times += 1
            await connection.request(wire.Heartbeat(), wire.HeartbeatResult)
            last = times == 3
            code = CloseCode.SIGNED_OUT if last else CloseCode.DRAINING
            for link in server.gateway.hub.all():
                link.close(Close(code, 0.0 if last else 0.1))
            await connection.wait_closed()
        assert times == 3
