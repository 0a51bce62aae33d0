import asyncio

import pytest

from parlor.gateway.settings import GatewaySettings
from parlor.model.close import CloseCode
from parlor.model.ids import RoomId, UserId
from tests.support.native_connection import NativeHouse, settle


async def test_the_welcome_says_all_a_client_must_know():
    house = NativeHouse(GatewaySettings(heartbeat_s=20.0, requests_per_second=7.0))
    reply = await house.websocket().hello("5:tablet", instance="tab_1", epoch="epoch-0")
    welcome = reply["result"]
    assert welcome["user"] == {"id": "5", "name": "name-5", "display_name": "Name 5"}
    assert (welcome["device"], welcome["endpoint"]) == ("tablet", "tablet/tab_1")
    assert (welcome["epoch"], welcome["epoch_changed"]) == ("epoch-1", True)
    assert (welcome["heartbeat_s"], welcome["server_time"]) == (20.0, house.clock.unix_ms())
    assert welcome["limits"] == {
        "max_message_bytes": 131_072,
        "max_text_chars": 4_096,
        "max_group_members": 100,
        "requests_per_second": 7.0,
        "request_burst": 100,
        "recall_window_s": 120,
        "edit_window_s": 0,
    }
    assert (welcome["calls"], welcome["rooms"]) == ([], [])


async def test_every_connection_has_a_key_of_its_own():
    house = NativeHouse()
    keys = {(await house.websocket().hello())["result"]["connection"] for _ in range(5)}
    assert len(keys) == 5
    assert keys == {link.key for link in house.gateway.hub.of_user(UserId("1"))}


@pytest.mark.parametrize("instance", ["a b", "x" * 33, "ü", "a/b"])
async def test_an_instance_is_a_short_plain_word(instance):
    reply = await NativeHouse().websocket().hello(instance=instance)
    assert reply["error"]["code"] == "bad_request"


async def test_too_many_rooms_are_refused_and_none_is_joined():
    house = NativeHouse(GatewaySettings(max_rooms=2))
    reply = await house.websocket().hello(rooms=["a", "b", "c"])
    assert reply["error"]["code"] == "bad_request"
    assert house.gateway.hub.room_online(RoomId("a")) == 0


async def test_a_user_over_the_limit_is_told_and_closed():
    house = NativeHouse(GatewaySettings(max_connections_per_user=1))
    await house.websocket().hello("1:a")
    late = house.websocket()
    late.ask(1, "hello", token="1:b")
    await settle()
    error, bye = late.messages()
    assert error["error"]["code"] == "forbidden"
    assert bye["data"]["code"] == CloseCode.TOO_MANY_CONNECTIONS
    assert "result" in await house.websocket().hello("2:a")


async def test_calls_hear_of_an_endpoint_that_is_back():
    house = NativeHouse()
    await house.websocket().hello("1:phone", instance="t")
    assert house.small.calls.back == ["phone/t"]


async def test_a_sign_in_that_ends_elsewhere_closes_its_connections():
    house = NativeHouse()
    client = house.websocket()
    await client.hello("1:phone")
    authentication = house.small.authentication
    await authentication.sign_out(authentication.identity("1:phone"))
    assert client.close_code() == CloseCode.SIGNED_OUT


async def test_a_sign_in_that_another_device_ended_closes_at_once_with_the_reason():
    house = NativeHouse()
    house.small.thread.hold = asyncio.Event()
    replaced, other = house.websocket(), house.websocket()
    await replaced.hello("1:old")
    await other.hello("1:new")
    # What it has asked for is not waited for.
    replaced.ask(2, "message.send", conversation_id="900", client_id="c", text="hi")
    house.small.authentication.send_away("1:old", CloseCode.DEVICE_REPLACED)
    await settle()
    assert replaced.close_code() == CloseCode.DEVICE_REPLACED
    assert other.close_code() is None


async def test_sign_ins_that_another_process_ended_lose_their_connections():
    house = NativeHouse()
    ended, other = house.websocket(), house.websocket()
    await ended.hello("1:phone")
    await other.hello("1:pad")
    house.small.authentication.end_elsewhere(frozenset({"1:phone", "2:gone"}))
    assert ended.close_code() == CloseCode.SIGNED_OUT
    assert other.close_code() is None
