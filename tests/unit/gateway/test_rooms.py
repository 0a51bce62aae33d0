import msgspec

from parlor.gateway.settings import GatewaySettings
from parlor.model.account import Grants
from parlor.model.ids import RoomId
from tests.support.native_connection import NativeHouse


async def test_joining_twice_counts_once_and_leaving_gives_the_place_back():
    house = NativeHouse(GatewaySettings(max_rooms=2))
    client = house.websocket()
    await client.hello()
    for number, room in enumerate(["a", "a", "b", "c"], start=2):
        client.ask(number, "room.join", room=room)
    client.ask(9, "room.leave", room="a")
    client.ask(10, "room.join", room="c")
    house.gateway.turn.flush()
    messages = {message["id"]: message for message in client.messages()}
    assert [messages[number]["result"]["online"] for number in (2, 3, 4)] == [1, 1, 1]
    assert messages[5]["error"]["code"] == "bad_request"
    assert messages[9]["result"] == {
        "room": "a",
        "online": 0,
        "position": None,
        "recovered": False,
        "users": [],
    }
    assert messages[10]["result"]["online"] == 1
    assert house.gateway.hub.room_online(RoomId("c")) == 1


async def test_leaving_tells_nothing_of_a_room_that_the_token_does_not_open():
    house = NativeHouse()
    tokens = house.small.authentication
    identity = msgspec.structs.replace(
        tokens.identity("2:phone"), has_account=False, grants=Grants(rooms=("open",))
    )
    tokens.other["2:phone"] = identity
    inside, outside = house.websocket(), house.websocket()
    await inside.hello("1:phone")
    await outside.hello("2:phone")
    for number, room in enumerate(("open", "secret"), start=2):
        inside.ask(number, "room.join", room=room)
        outside.ask(number, "room.leave", room=room)
    house.gateway.turn.flush()
    online = {message["id"]: message["result"]["online"] for message in outside.messages()}
    assert online == {2: 1, 3: 0}
