"""How many goim connections one user may have, and what a token's end means at this door."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from parlor.gateway.settings import GatewaySettings
from parlor.model.account import Grants, Identity
from parlor.model.errors import AuthUnavailable
from parlor.model.ids import DeviceId, UserId
from tests.support.goim_client import GoimTcp, GoimWebSocket, packet
from tests.support.goim_door import PUSH_KEY, OpenDoor, goim_door

LIMIT = 3


def limited(policy: str) -> GatewaySettings:
    return GatewaySettings(max_connections_per_user=LIMIT, user_limit=policy)  # type: ignore[arg-type]


def login(auth: str, key: str) -> dict[str, object]:
    """As anna, user 1001."""
    who: dict[str, object] = {"mid": 1001} if auth == "open" else {"token": "anna's token"}
    return {**who, "key": key, "accepts": [1000]}


async def push(door: OpenDoor, auth: str, key: str) -> None:
    headers = {"Authorization": f"Bearer {PUSH_KEY}"} if auth == "token" else {}
    url = f"/goim/push/keys?operation=1000&keys={key}"
    async with door.http.post(url, data=b"hi", headers=headers) as response:
        assert (await response.json())["code"] == 0


async def connect(door: OpenDoor, transport: str) -> GoimTcp | GoimWebSocket:
    return await (door.tcp() if transport == "tcp" else door.websocket())


@pytest.mark.parametrize("transport", ["tcp", "websocket"])
@pytest.mark.parametrize("auth", ["open", "token"])
async def test_with_reject_the_fourth_is_refused_and_the_first_three_stay(transport, auth):
    """P16."""
    async with goim_door(auth=auth, gateway_settings=limited("reject")) as door:
        first = [await connect(door, transport) for _ in range(LIMIT)]
        for number, client in enumerate(first):
            await client.log_in(**login(auth, f"key-{number}"))
        fourth = await connect(door, transport)
        fourth.send(packet(7, json.dumps(login(auth, "key-4")).encode()))
        assert await fourth.read_to_end() == b""
        for client in first:
            assert (await client.ask(2)).op == 3
        for client in (*first, fourth):
            await client.close()


@pytest.mark.parametrize("transport", ["tcp", "websocket"])
@pytest.mark.parametrize("auth", ["open", "token"])
async def test_with_kick_oldest_the_first_is_closed_and_the_fourth_gets_pushes(transport, auth):
    """P16."""
    async with goim_door(auth=auth, gateway_settings=limited("kick_oldest")) as door:
        clients = [await connect(door, transport) for _ in range(LIMIT + 1)]
        for number, client in enumerate(clients):
            await client.log_in(**login(auth, f"key-{number}"))
        assert await clients[0].read_to_end() == b""
        for number in range(1, LIMIT + 1):
            await push(door, auth, f"key-{number}")
        for client in clients[1:]:
            assert [push.body for push in await client.read_pushes(1)] == [b"hi"]
        for client in clients:
            await client.close()


@pytest.mark.parametrize("policy", ["reject", "kick_oldest"])
async def test_the_limit_is_exact_when_a_hundred_log_in_at_once(policy):
    """P16."""
    async with goim_door(auth="token", gateway_settings=limited(policy)) as door:
        clients = [await door.tcp() for _ in range(100)]
        for number, client in enumerate(clients):
            body = json.dumps(login("token", f"key-{number}")).encode()
            client.send(packet(7, body))
        staying = set(clients)
        ends = {asyncio.ensure_future(client.reader.read()): client for client in clients}
        async with asyncio.timeout(10):
            while len(staying) > LIMIT:
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    staying.discard(ends.pop(one))
        assert door.gateway.hub.user_online(UserId("1001")) == LIMIT
        for one in ends:
            one.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        for client in clients:
            await client.close()


async def test_nobody_in_particular_is_not_limited():
    """mid 0 is no user, so its connections are nobody's."""
    async with goim_door(gateway_settings=limited("reject")) as door:
        clients = [await door.tcp(mid=0) for _ in range(LIMIT + 2)]
        assert door.gateway.hub.connections() == LIMIT + 2
        for client in clients:
            await client.close()


@pytest.mark.parametrize("policy", ["reject", "kick_oldest"])
async def test_the_same_key_again_takes_no_further_place_and_is_reached_at_once(policy):
    """P17, at the limit: the old one closes, a push right after the login reaches the new one."""
    async with goim_door(gateway_settings=limited(policy)) as door:
        clients = [await door.tcp(mid=1, key=f"k{n}", accepts=[1000]) for n in range(LIMIT)]
        again = await door.websocket(mid=1, key="k1", accepts=[1000])
        await door.push("keys", "operation=1000&keys=k1", b"at once")
        assert [push.body for push in await again.read_pushes(1)] == [b"at once"]
        assert await clients[1].read_to_end() == b""
        for client in (clients[0], clients[2]):
            await client.assert_silent()
        await door.push("mids", "operation=1000&mids=1", b"later")
        for body in [await one.read_pushes(1) for one in (clients[0], again, clients[2])]:
            assert [push.body for push in body] == [b"later"]
        for client in clients:
            await client.close()
        await again.close()


async def test_a_connection_ends_with_its_token():
    settings = GatewaySettings(token_grace_s=0.0)
    async with goim_door(auth="token", gateway_settings=settings) as door:
        for client in (await door.tcp(), await door.websocket()):
            expires_at = time.time() + 0.5
            door.tokens.other["short"] = Identity(
                UserId("1001"), DeviceId("d"), "s", expires_at=expires_at
            )
            await client.log_in(token="short")
            assert await client.read_to_end() == b""
            assert time.time() >= expires_at - 0.05
            await client.close()


async def test_a_token_opens_the_rooms_that_it_names():
    async with goim_door(auth="token") as door:
        door.tokens.other["shop"] = Identity(
            UserId("1001"), DeviceId("d"), "s", has_account=False, grants=Grants(("live://1",))
        )
        refused = await door.tcp()
        refused.send(packet(7, json.dumps({"token": "shop", "room_id": "live://2"}).encode()))
        assert await refused.read_to_end() == b""
        client = await door.tcp(token="shop", room_id="live://1", accepts=[1000])
        assert (await client.ask(12, b"live://2")).op == 13
        for room in ("2", "1"):
            url = f"/goim/push/room?operation=1000&type=live&room={room}"
            headers = {"Authorization": f"Bearer {PUSH_KEY}"}
            async with door.http.post(url, data=f"in {room}".encode(), headers=headers) as reply:
                assert (await reply.json())["code"] == 0
        assert [push.body for push in await client.read_pushes(1)] == [b"in 1"]
        for one in (refused, client):
            await one.close()


async def test_while_nobody_can_tell_who_it_is_nobody_comes_in():
    """P07."""
    async with goim_door(auth="token") as door:
        door.tokens.failure = AuthUnavailable()
        for client in (await door.tcp(), await door.websocket()):
            client.send(packet(7, json.dumps({"token": "anna's token"}).encode()))
            assert await client.read_to_end() == b""
            await client.close()
        door.tokens.failure = None
        client = await door.tcp(token="anna's token")
        await client.close()
