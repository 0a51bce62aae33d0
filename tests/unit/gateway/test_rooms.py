import msgspec

from parlor.gateway.settings import GatewaySettings
from parlor.model.account import Grants
from parlor.model.ids import RoomId
from parlor.push.policies import CHAT_ROOMS, RoomPolicy
from parlor.push.settings import PushSettings
from tests.support.native_connection import NativeHouse, settle


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


async def test_what_may_be_done_in_a_room_is_what_its_policy_and_the_token_let_one_do():
    slow = RoomPolicy("slow", publish=True, publish_bytes=99, slow_mode_s=5.0)
    house = NativeHouse(push=PushSettings(rooms=(slow, CHAT_ROOMS)))
    tokens = house.small.authentication
    for token, more in (
        ("1:admin", {"admin": True}),
        ("2:phone", {}),
        ("3:guest", {"grants": Grants(rooms=("chat://*",), publish=())}),
    ):
        tokens.other[token] = msgspec.structs.replace(tokens.identity(token), **more)
    admin, member, guest = [house.websocket() for _ in range(3)]
    for client, token in ((admin, "1:admin"), (member, "2:phone"), (guest, "3:guest")):
        await client.hello(token)
    admin.ask(2, "room.join", room="chat://a")
    await settle()
    for client in (admin, member, guest):
        for number, room in enumerate(("chat://a", "slow", "news"), start=3):
            client.ask(number, "room.get", room=room)
    member.ask(8, "room.get", room="x" * 200)
    await settle()
    house.gateway.turn.flush()
    heard = [
        {said["id"]: said for said in client.messages() if "id" in said}
        for client in (admin, member, guest)
    ]
    there = heard[0][3]["result"]
    assert (there["online"], there["users"]) == (1, ["1"])
    assert there["rules"] == {
        "publish": True,
        "high": True,
        "max_bytes": 2_048,
        "slow_mode_s": 0.0,
        "keeps": True,
        "presence": True,
    }
    # Nobody is named to who is not there.
    assert (heard[1][3]["result"]["online"], heard[1][3]["result"]["users"]) == (1, [])
    rights = [
        [(answer["result"]["rules"]["publish"], answer["result"]["rules"]["high"])
         if "result" in answer else answer["error"]["code"]
         for answer in (answers[3], answers[4], answers[5])]
        for answers in heard
    ]  # fmt: skip
    assert rights == [
        [(True, True), (True, True), (False, False)],
        [(True, False), (True, True), (False, False)],
        [(False, False), "forbidden", "forbidden"],
    ]
    slowly = heard[1][4]["result"]["rules"]
    assert (slowly["max_bytes"], slowly["slow_mode_s"], slowly["keeps"]) == (99, 5.0, False)
    assert heard[1][8]["error"]["code"] == "bad_request"


async def test_rooms_are_listed_to_those_who_may_join_them():
    house = NativeHouse()
    tokens = house.small.authentication
    tokens.other["3:guest"] = msgspec.structs.replace(
        tokens.identity("3:guest"), has_account=False, grants=Grants(rooms=("chat://b",))
    )
    member, guest = house.websocket(), house.websocket()
    await member.hello("1:phone", rooms=["chat://a", "chat://b", "secret"])
    await guest.hello("3:guest")
    for client in (member, guest):
        client.ask(2, "room.list")
    house.gateway.turn.flush()
    first, second = [
        next(said["result"] for said in client.messages() if said.get("id") == 2)
        for client in (member, guest)
    ]
    assert first == {
        "rooms": [{"room": "chat://a", "online": 1}, {"room": "chat://b", "online": 1}],
        "beginning": "chat://",
    }
    assert second["rooms"] == [{"room": "chat://b", "online": 1}]
