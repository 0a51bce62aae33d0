"""Native connections in virtual time: greeting, silence, sign-out, overload."""

from parlor.gateway.settings import GatewaySettings
from parlor.model.close import CloseCode
from parlor.model.ids import UserId
from tests.support.native_connection import NativeHouse, settle


async def test_a_client_that_beats_its_heart_lives_for_a_day():
    house = NativeHouse()
    client = house.websocket()
    await client.hello()
    for number in range(2, 24 * 3_600 // 40):
        await house.pass_time(40.0)
        client.ask(number, "heartbeat")
    assert client.close_code() is None
    await house.pass_time(51.0)
    assert client.close_code() == CloseCode.IDLE


async def test_no_hello_in_five_seconds_ends_the_connection():
    house = NativeHouse()
    quiet, talking, greeted = house.websocket(), house.websocket(), house.websocket()
    await greeted.hello()
    await house.pass_time(4.5)
    talking.ask(1, "me.get")
    await house.pass_time(1.0)
    assert quiet.close_code() == talking.close_code() == CloseCode.NO_HELLO
    assert greeted.close_code() is None


async def test_a_hello_that_is_refused_ends_the_connection_after_its_answer():
    house = NativeHouse()
    client = house.websocket()
    client.ask(1, "hello", token="forged")
    await settle()
    error, bye = client.messages()
    assert error["error"]["code"] == "unauthenticated"
    assert bye == {"push": "bye", "data": {"code": 4201, "reason": "unauthenticated"}}
    assert house.gateway.hub.connections() == 0


async def test_a_hello_with_wrong_parameters_may_be_repeated():
    house = NativeHouse()
    client = house.websocket()
    for params in ({"token": 5}, {"token": "1:a", "instance": "no spaces"}, {"rooms": [""]}):
        client.ask(1, "hello", **params)
        await settle()
    assert {reply["error"]["code"] for reply in client.messages()} == {"bad_request"}
    assert "result" in await client.hello()


async def test_signing_out_answers_first_and_then_closes_every_tab_of_the_device():
    house = NativeHouse()
    one, two, other = house.websocket(), house.websocket(), house.websocket()
    await one.hello("1:phone", instance="a")
    await two.hello("1:phone", instance="b")
    await other.hello("1:laptop")
    one.ask(2, "session.end")
    await settle()
    assert [message.get("id", message.get("push")) for message in one.messages()] == [2, "bye"]
    assert two.close_code() == CloseCode.SIGNED_OUT
    assert other.close_code() is None
    assert house.gateway.hub.user_online(UserId("1")) == 1
    assert sorted(house.small.calls.gone) == ["phone/a", "phone/b"]


async def test_an_open_connection_is_not_closed_for_a_full_house():
    house = NativeHouse(GatewaySettings(max_connections=1))
    inside = house.websocket()
    await inside.hello()
    outside = house.websocket()
    assert outside.close_code() == CloseCode.OVERLOADED
    outside.socket.lose()
    inside.socket.lose()
    assert "result" in await house.websocket().hello()


async def test_everything_a_connection_held_is_gone_with_it():
    house = NativeHouse()
    client = house.websocket()
    await client.hello(rooms=["r"])
    client.ask(2, "message.send", conversation_id="900", client_id="c", text="t")
    client.socket.lose()
    await settle()
    gateway = house.gateway
    assert (gateway.hub.connections(), gateway.admission.total, len(gateway.wheel)) == (0, 0, 0)
    assert gateway.hub.top_rooms("", 5) == []
    assert [event.text for event in house.small.thread.events_stored] == ["t"]
