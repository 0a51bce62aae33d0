"""Rooms of goim's clients: counts, changing, types."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.support.goim_client import Packet
from tests.support.goim_door import OpenDoor, goim_door


async def _get(door: OpenDoor, path: str) -> Any:
    async with door.http.get(f"/goim/online/{path}") as response:
        return (await response.json())["data"]


async def test_heartbeats_tell_how_many_are_in_the_room_and_0_after_leaving_it():
    """P10, one process: goim goes on telling the stale number after leaving."""
    async with goim_door() as door:
        first = await door.tcp(mid=1, room_id="live://1")
        second = await door.websocket(mid=2, room_id="live://1")
        third = await door.tcp(mid=3, room_id="live://1")
        assert [await client.online() for client in (first, second, third)] == [3, 3, 3]
        await third.close()
        async with asyncio.timeout(15):
            while await first.online() != 2:
                await asyncio.sleep(0.01)
        assert await second.ask(12, b"") == Packet(13, b"", 1, 1)
        assert await second.online() == 0
        assert await first.online() == 1
        never = await door.tcp(mid=4)
        assert await never.online() == 0
        for client in (first, second, never):
            await client.close()


async def test_a_connection_changes_its_room_while_it_lives():
    """P19: the old room's pushes stop, the new one's come, the counts follow."""
    async with goim_door() as door:
        for connect in (door.tcp, door.websocket):
            client = await connect(mid=1, room_id="live://old")
            name = "live://新房间".encode()
            assert await client.ask(12, name, seq=9) == Packet(13, name, 1, 9)
            await door.push("room", "operation=1000&type=live&room=old", b"old")
            await door.push("room", "operation=1000&type=live&room=新房间", b"new")
            assert [push.body for push in await client.read_pushes(1)] == [b"new"]
            assert await _get(door, "room?type=live&rooms=old&rooms=新房间") == {
                "old": 0,
                "新房间": 1,
            }
            assert await client.ask(12, b"") == Packet(13, b"", 1, 1)
            await door.push("room", "operation=1000&type=live&room=新房间")
            await client.assert_silent()
            assert await _get(door, "room?type=live&rooms=新房间") == {"新房间": 0}
            await client.close()


async def test_the_same_id_under_two_types_is_two_rooms():
    """P20. goim's `top?type=live` lists rooms of `live2` too; here a type is a whole word."""
    async with goim_door() as door:
        live = [await door.tcp(mid=mid, room_id="live://1") for mid in (1, 2)]
        other = await door.tcp(mid=3, room_id="live2://1")
        await door.push("room", "operation=1000&type=live&room=1", b"live")
        await door.push("room", "operation=1000&type=live2&room=1", b"live2")
        assert [(await client.read()).body for client in live] == [b"live", b"live"]
        assert (await other.read()).body == b"live2"
        assert await _get(door, "top?type=live&limit=10") == [{"room_id": "1", "count": 2}]
        assert await _get(door, "top?type=live2&limit=10") == [{"room_id": "1", "count": 1}]
        assert await _get(door, "room?type=live2&rooms=1") == {"1": 1}
        for client in (*live, other):
            await client.close()
