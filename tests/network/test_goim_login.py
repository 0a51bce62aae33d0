"""Who comes in through the goim door, and how long a silent one stays."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from parlor.doors.goim.settings import GoimSettings
from parlor.gateway.settings import GatewaySettings
from tests.support.goim_client import GoimTcp, GoimWebSocket, packet, split
from tests.support.goim_door import goim_door
from tests.support.hooks import Heard


def _login(**fields: Any) -> bytes:
    return packet(7, json.dumps(fields).encode())


async def test_without_a_login_the_connection_is_closed_in_time():
    """P06: 5 s by default; goim's own timer may fire minutes late. Other frames do not help."""
    assert GoimSettings().handshake_timeout_s == 5.0
    async with goim_door(handshake_timeout_s=0.5) as door:
        start = time.monotonic()
        silent, chatty = await door.tcp(), await door.tcp()
        slow_upgrade = await door.tcp()
        unfinished = await door.websocket()
        chatty.send(packet(2))
        unfinished.send_bytes(b"\x82\x7e")
        for client in (silent, chatty, slow_upgrade, unfinished):
            assert await client.read_to_end() == b""
            await client.close()
        assert 0.45 <= time.monotonic() - start < 3


async def test_what_is_asked_before_the_login_changes_nothing():
    """P06: 未授权用户不能订阅. The frames are not even answered."""
    async with goim_door() as door:
        for client in (await door.tcp(), await door.websocket()):
            client.send(packet(14, b"1000"))
            client.send(packet(12, b"live://1"))
            client.send(packet(2))
            await client.log_in(mid=7)
            await door.push("room", "operation=1000&type=live&room=1")
            await door.push("mids", "operation=1000&mids=7")
            await client.assert_silent()
            await client.close()


@pytest.mark.parametrize(
    "login",
    [
        {"mid": 1001},
        {"mid": 1001, "key": "made up"},
        {"token": ""},
        {"token": "expired", "key": "anna's token"},
        {"mid": 1002, "token": "anna's token"},
        {"mid": 1002, "key": "anna's token"},
        {"mid": "1001", "token": "anna's token"},
        {"token": "anna's token", "room_id": "x" * 129},
        {"token": "anna's token", "accepts": list(range(1025))},
    ],
)
async def test_a_bad_a_foreign_or_a_forged_login_is_closed_without_a_frame(login: dict[str, Any]):
    """P06: never op 8, and the mid of somebody else with one's own token is refused."""
    async with goim_door(auth="token") as door:
        for client in (await door.tcp(), await door.websocket()):
            client.send(_login(**login))
            assert await client.read_to_end() == b""
            await client.close()
        assert door.gateway.hub.connections() == 0


@pytest.mark.parametrize("login", [b"", b"not JSON", b"[]", b'{"mid":"1"}', b'{"x":' + b"[" * 4000])
async def test_a_login_that_cannot_be_read_is_closed(login: bytes):
    """P06."""
    async with goim_door() as door:
        for client in (await door.tcp(), await door.websocket()):
            client.send(packet(7, login))
            assert await client.read_to_end() == b""
            await client.close()


@pytest.mark.parametrize(
    "login",
    [
        {"token": "anna's token"},
        {"key": "anna's token"},
        {"mid": 1001, "key": "anna's token"},
        {"mid": 1001, "key": "phone", "token": "anna's token"},
    ],
)
async def test_a_token_lets_its_user_in(login: dict[str, Any]):
    """P06: the `token` field or, for unmodified clients, `key`."""
    async with goim_door(auth="token") as door:
        for client in (await door.tcp(), await door.websocket()):
            await client.log_in(accepts=[1000], **login)
            (link,) = door.gateway.hub.of_user("1001")  # type: ignore[arg-type]
            assert link.session == "session anna's token"
            assert "token" not in link.key
            await client.close()
            while door.gateway.hub.connections():
                await asyncio.sleep(0.01)


async def test_nobody_takes_the_key_of_somebody_else():
    """P06."""
    async with goim_door(auth="token") as door:
        anna = await door.tcp(token="anna's token", key="phone")
        ben = await door.tcp()
        ben.send(_login(token="ben's token", key="phone"))
        assert await ben.read_to_end() == b""
        await anna.assert_silent()
        await anna.close()
        await ben.close()


async def test_a_user_has_as_many_connections_as_the_gateway_allows():
    """P06, P15: the limit is that of every other connection, and a re-used key is not counted."""
    limited = GatewaySettings(max_connections_per_user=2)
    async with goim_door(auth="token", gateway_settings=limited) as door:
        first = await door.tcp(token="anna's token", key="a")
        second = await door.tcp(token="anna's token", key="b")
        third = await door.tcp()
        third.send(_login(token="anna's token", key="c"))
        assert await third.read_to_end() == b""
        again = await door.tcp(token="anna's token", key="b")
        assert await second.read_to_end() == b""
        for client in (first, second, third, again):
            await client.close()


async def test_heartbeats_keep_a_connection_alive_and_their_end_closes_it():
    """P08: 4 min x 2 by default, 1 s x 2 here; the close comes without a frame."""
    async with goim_door(heartbeat_s=1.0, heartbeat_max=2) as door:

        async def lives_as_long_as_it_beats(client: GoimTcp | GoimWebSocket) -> None:
            for _ in range(6):
                await asyncio.sleep(0.4)
                assert (await client.ask(2)).op == 3
            last = time.monotonic()
            assert await client.read_to_end() == b""
            assert 1.9 <= time.monotonic() - last < 6
            await client.close()

        clients = [await connect(mid=1) for connect in (door.tcp, door.websocket)]
        await asyncio.gather(*map(lives_as_long_as_it_beats, clients))


async def test_other_traffic_does_not_count_as_a_heartbeat():
    """P08: neither requests nor an op 3 nor pushes."""
    async with goim_door(heartbeat_s=0.4, heartbeat_max=2) as door:
        client = await door.tcp(mid=1, accepts=[1000])
        start = time.monotonic()
        answers = asyncio.create_task(client.read_to_end())
        while not answers.done():
            client.send(packet(4, b"busy") + packet(3))
            await asyncio.sleep(0.02)
        assert 0.7 <= time.monotonic() - start < 5
        assert {answer.op for answer in split(await answers)} == {3, 4}
        await client.close()


async def test_the_newest_connection_of_a_key_is_the_one_that_is_reachable():
    """The older one closes; a push right after it and later reaches the newer (goim §2.12)."""
    async with goim_door() as door:
        old = await door.tcp(mid=1, key="phone", accepts=[1000])
        new = await door.websocket(mid=1, key="phone", accepts=[1000])
        await door.push("keys", "operation=1000&keys=phone", b"at once")
        assert await old.read_to_end() == b""
        await old.close()
        await asyncio.sleep(0.1)
        await door.push("mids", "operation=1000&mids=1", b"later")
        assert [push.body for push in await new.read_pushes(2)] == [b"at once", b"later"]
        await new.close()


async def test_who_is_revoked_while_the_operators_program_is_asked_does_not_come_in():
    async with goim_door(auth="token") as door:
        door.gateway.hooks = hooks = Heard(meanwhile=lambda: door.tokens.revoked.add("1001"))
        client = await door.tcp()
        client.send(_login(token="anna's token"))
        assert await client.read_to_end() == b""
        await client.close()
        assert len(hooks.questions) == 1
        assert door.gateway.hub.connections() == 0
