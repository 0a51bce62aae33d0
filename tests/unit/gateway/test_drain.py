import asyncio

from parlor.gateway.drain import drain
from parlor.model.close import CloseCode
from parlor.wire.websocket import Opcode
from tests.support.native_connection import NativeHouse, settle


async def test_a_drain_ends_when_the_last_connection_has_closed():
    house = NativeHouse()
    clients = [house.websocket() for _ in range(3)]
    for client in clients:
        await client.hello()
    draining = asyncio.create_task(drain(house.native, 60.0))
    await settle()
    for client in clients:
        assert not draining.done()
        assert client.close_code() == CloseCode.DRAINING
        client.send(Opcode.CLOSE, b"")
        client.socket.lose()
    await settle()
    assert draining.done()
    await draining


async def test_a_drain_without_connections_is_over_at_once():
    await drain(NativeHouse().native, 60.0)


async def test_a_drain_has_a_limit():
    house = NativeHouse()
    await house.websocket().hello()
    await drain(house.native, 0.0)
    assert house.gateway.admission.total == 1
