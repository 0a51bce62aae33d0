"""The goim door on the loop that the server really runs on, whose transports are not asyncio's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support.goim_client import Packet, packet, split
from tests.support.goim_door import goim_door

uvloop = pytest.importorskip("uvloop", reason="there is no uvloop on this system")


Scenario = Callable[[], Coroutine[Any, Any, None]]


def on_uvloop(scenario: Scenario) -> Callable[[], None]:
    """Run the test in a loop of its own."""

    def test() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(scenario())

    test.__doc__ = scenario.__doc__
    return test


@on_uvloop
async def test_clients_log_in_beat_and_get_pushes_over_both_transports():
    """P01, P02, P05, P08."""
    assert type(asyncio.get_running_loop()).__module__ == "uvloop"
    async with goim_door() as door:
        clients = [
            await connect(mid=7, room_id="live://1", accepts=[1000])
            for connect in (door.tcp, door.websocket)
        ]
        assert [await client.online() for client in clients] == [2, 2]
        await door.push("mids", "operation=1000&mids=7")
        await door.push("room", "operation=1001&type=live&room=1")
        for client in clients:
            expected = [Packet(1000, b"hi", 1, 0), Packet(1001, b"hi", 1, 0)]
            assert await client.read_pushes(2) == expected
            await client.close()


@on_uvloop
async def test_back_pressure_and_closes_hold_there_too():
    """P06, P24."""
    async with goim_door(handshake_timeout_s=0.3) as door:
        silent = await door.tcp()
        assert await silent.read_to_end() == b""
        eager = await door.tcp(mid=1)
        for seq in range(20_000):
            eager.send_bytes(packet(2, b"", seq=seq))
        replies = split(await eager.read_exactly(20_000 * 20))
        assert [reply.seq for reply in replies] == list(range(20_000))
        eager.send_bytes(b"\xff" * 16)
        assert await eager.read_to_end() == b""
        await silent.close()
        await eager.close()


@on_uvloop
async def test_draining_sends_the_last_pushes_before_it_closes():
    async with goim_door(batch=20, signal_s=60) as door:
        client = await door.tcp(mid=1, room_id="live://1")
        await door.push("room", "operation=1000&type=live&room=1")
        await door.door.drain()
        await door.door.close()
        assert split(await client.read_to_end()) == [Packet(1000, b"hi", 1, 0)]
        await client.close()
