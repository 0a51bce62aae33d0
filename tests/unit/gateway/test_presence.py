from parlor.model.ids import RoomId
from parlor.push.policies import RoomPolicy
from parlor.push.settings import PushSettings
from tests.support.native_connection import NativeHouse, settle

PUSH = PushSettings(rooms=(RoomPolicy("lobby", presence=True, presence_named=2),))


async def test_members_are_told_who_comes_and_then_only_how_many():
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        clients = [house.websocket() for _ in range(3)]
        for number, client in enumerate(clients[:2]):
            await client.hello(f"{number}:phone", rooms=["lobby"])
        await house.rooms.presence.tell()
        await settle()
        (named,) = clients[0].messages()
        assert named == {
            "push": "room.presence",
            "data": {
                "room": "lobby",
                "online": 2,
                "named": True,
                "users": ["0", "1"],
                "joined": ["0", "1"],
                "left": [],
            },
        }
        await clients[2].hello("2:phone", rooms=["lobby"])
        await house.pass_time(1.0)
        await house.rooms.presence.tell()
        await settle()
        (counted,) = clients[2].messages()
        assert (counted["data"]["online"], counted["data"]["named"]) == (3, False)
        assert counted["data"]["users"] == []


async def test_whoever_joins_a_small_room_is_told_who_is_there():
    house = NativeHouse(push=PUSH)
    ann, ben = house.websocket(), house.websocket()
    await ann.hello("ann:phone", rooms=["lobby"])
    await ben.hello("ben:phone")
    ben.ask(2, "room.join", room="lobby")
    ben.ask(3, "room.join", room="hall")
    await settle()
    lobby, hall = ben.messages()
    assert lobby["result"]["users"] == ["ann", "ben"]
    assert hall["result"]["users"] == []
    assert house.gateway.hub.room_online(RoomId("lobby")) == 2
