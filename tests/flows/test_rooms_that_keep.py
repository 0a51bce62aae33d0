"""Joining rooms that keep messages, in virtual time: what was missed, in order, exactly once."""

from __future__ import annotations

from typing import Any

from parlor.gateway.settings import GatewaySettings
from parlor.model.close import CloseCode
from parlor.model.ids import RoomId
from parlor.model.push import Delivery
from parlor.push.policies import RoomPolicy
from parlor.push.pushes import Wish
from parlor.push.settings import PushSettings
from tests.support.native_connection import NativeHouse, WebSocketClient, settle

LIVE = RoomId("live:1")
PUSH = PushSettings(
    rooms=(
        RoomPolicy("live:*", replay_count=5, publish=True, user_rate=1_000.0, user_burst=1_000),
        RoomPolicy("chat:*", publish=True),
    )
)


async def push(house: NativeHouse, *bodies: str, room: RoomId = LIVE) -> None:
    """Each leaves at once: the clock moves on between them."""
    for body in bodies:
        house.clock.at += 1.0
        await house.rooms.pushes.to_room(room, body.encode())
        await settle()


def deliveries(messages: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [
        (message["data"]["offset"], message["data"]["body"])
        for message in messages
        if message.get("push") == "delivery"
    ]


async def join(client: WebSocketClient, id: int, **params: Any) -> list[dict[str, Any]]:
    """The reply and everything behind it."""
    client.ask(id, "room.join", room=LIVE, **params)
    await settle()
    return client.messages()


async def test_what_was_missed_follows_the_reply_in_order():
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        client = house.websocket()
        await client.hello()
        (joined,) = await join(client, 2)
        since = joined["result"]["position"]
        assert (since["offset"], joined["result"]["recovered"]) == (0, False)
        await push(house, "a", "b")
        assert deliveries(client.messages()) == [(1, "a"), (2, "b")]
        client.socket.lose()
        await push(house, "c", "d")
        back = house.websocket()
        await back.hello()
        reply, *rest = await join(back, 2, since={**since, "offset": 2})
        assert reply["result"]["recovered"] is True
        assert reply["result"]["position"]["offset"] == 4
        assert deliveries(rest) == [(3, "c"), (4, "d")]
        await push(house, "e")
        assert deliveries(back.messages()) == [(5, "e")]
        assert house.gateway.meter.counted["pushes_replayed_total"] == 2  # type: ignore[attr-defined]


async def test_coming_back_to_a_room_in_which_nothing_was_said_misses_nothing():
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        for _ in range(2):
            client = house.websocket()
            await client.hello()
            (joined,) = await join(client, 2)
            client.socket.lose()
        back = house.websocket()
        await back.hello()
        (again,) = await join(back, 2, since=joined["result"]["position"])
        assert again["result"]["recovered"] is True


async def test_a_hello_fills_all_its_rooms_behind_its_reply():
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        client = house.websocket()
        await client.hello(rooms=[LIVE, "live:2", "chat:1"])
        await push(house, "a")
        await push(house, "z", room=RoomId("live:2"))
        back = house.websocket()
        tail = await house.rooms.replay.since(LIVE, None)
        since = {room: {"epoch": tail.position.epoch, "offset": 0} for room in (LIVE, "live:2")}
        back.ask(1, "hello", token="1:tab", rooms=[LIVE, "live:2", "chat:1"], since=since)
        await settle()
        hello, *rest = back.messages()
        assert hello["result"]["room_states"] == [
            {"room": LIVE, "position": {**since[LIVE], "offset": 1}, "recovered": True},
            {"room": "live:2", "position": {**since[LIVE], "offset": 1}, "recovered": True},
            {"room": "chat:1", "position": None, "recovered": False},
        ]
        assert deliveries(rest) == [(1, "a"), (1, "z")]


async def test_a_gap_that_cannot_be_filled_is_told_and_the_tail_is_given_when_asked_for():
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        first = house.websocket()
        await first.hello()
        (joined,) = await join(first, 2)
        since = joined["result"]["position"]
        await push(house, *"abcdefgh")
        for tail in (False, True):
            client = house.websocket()
            await client.hello()
            reply, *rest = await join(client, 2, since=since, tail=tail)
            assert reply["result"]["recovered"] is False
            assert reply["result"]["position"] == {**since, "offset": 8}
            expected = [(4, "d"), (5, "e"), (6, "f"), (7, "g"), (8, "h")] if tail else []
            assert deliveries(rest) == expected


async def test_what_is_on_its_way_during_a_join_comes_once():
    """The bus has the message and the history too when the join is asked for."""
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        other, client = house.websocket(), house.websocket()
        await other.hello(rooms=[LIVE])
        await client.hello()
        await push(house, "a")
        house.clock.at += 1.0
        epoch = (await house.rooms.replay.since(LIVE, None)).position.epoch
        client.ask(2, "room.join", room=LIVE, since={"epoch": epoch, "offset": 0})
        # Kept before the join has begun to read, delivered after it has entered.
        await house.rooms.pushes.to_room(LIVE, b"b")
        await settle()
        reply, *rest = client.messages()
        assert reply["result"]["position"]["offset"] == 1
        assert deliveries(rest) == [(1, "a"), (2, "b")]


async def test_joining_where_one_is_already_replays_nothing():
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        client = house.websocket()
        await client.hello(rooms=[LIVE])
        await push(house, "a")
        client.messages()
        epoch = (await house.rooms.replay.since(LIVE, None)).position.epoch
        (reply,) = await join(client, 2, since={"epoch": epoch, "offset": 0})
        assert reply["result"]["position"]["offset"] == 1


async def test_a_slow_reader_of_what_must_arrive_comes_back_and_is_filled():
    house = NativeHouse(GatewaySettings(outbox_frames=3), push=PUSH)
    async with house.rooms.running():
        slow = house.websocket(room=0)
        slow.ask(1, "hello", token="1:phone", rooms=[LIVE])
        await settle()
        position = (await house.rooms.replay.since(LIVE, None)).position
        for number in range(5):
            wish = Wish(delivery=Delivery.MUST_ARRIVE)
            house.clock.at += 1.0
            await house.rooms.pushes.to_room(LIVE, b"%d" % number, wish)
            await settle()
        assert slow.connection.link.closing is not None
        assert slow.connection.link.closing.code is CloseCode.SLOW_READER
        back = house.websocket()
        await back.hello("1:phone")
        since = {"epoch": position.epoch, "offset": 0}
        reply, *rest = await join(back, 2, since=since)
        assert reply["result"]["recovered"] is True
        assert deliveries(rest) == [(n + 1, str(n)) for n in range(5)]


async def test_missed_counts_what_was_dropped_over_all_rooms():
    house = NativeHouse(GatewaySettings(outbox_frames=4), push=PUSH)
    async with house.rooms.running():
        slow = house.websocket()
        await slow.hello(rooms=["r1", "r2", "r3"])
        slow.socket.room = 0
        for number in range(12):
            await push(house, str(number), room=RoomId(f"r{number % 3 + 1}"))
        slow.socket.drain()
        await settle()
        messages = [m["data"] for m in slow.messages() if m.get("push") == "delivery"]
        missed = sum(data.get("missed", 0) for data in messages)
        arrived = [int(data["body"]) for data in messages if not data.get("missed")]
        assert missed + len(arrived) == 12
        assert missed > 0
        assert arrived == sorted(arrived)
        assert arrived[-1] == 11
        meter = house.gateway.meter
        assert meter.counted["pushes_missed_total"] == missed  # type: ignore[attr-defined]


async def test_members_speak_and_the_server_names_them():
    house = NativeHouse(push=PUSH)
    async with house.rooms.running():
        ann, ben, outside = house.websocket(), house.websocket(), house.websocket()
        await ann.hello("ann:phone", rooms=["chat:1"])
        await ben.hello("ben:phone", rooms=["chat:1"])
        await outside.hello("eve:phone")
        ann.ask(2, "room.publish", room="chat:1", body="hi", client_id="c1", sender="ben")
        await settle()
        reply, own = sorted(ann.messages(), key=lambda message: "push" in message)
        assert reply["result"]["repeated"] is False
        assert own["data"]["sender"] == "ann"
        assert own["data"]["push_id"] == reply["result"]["push_id"]
        (heard,) = ben.messages()
        assert (heard["data"]["sender"], heard["data"]["body"]) == ("ann", "hi")
        outside.ask(2, "room.publish", room="chat:1", body="hi", client_id="c1")
        outside.ask(3, "room.publish", room="chat:1", body="hi", client_id="c1", priority="vip")
        await settle()
        assert [message["error"]["code"] for message in outside.messages()] == [
            "bad_request",
            "not_in_room",
        ]


async def test_tags_may_be_asked_for_at_hello_and_changed_later():
    house = NativeHouse()
    async with house.rooms.running():
        client = house.websocket()
        await client.hello(tags=["sport"], rooms=["r"])

        async def all_three() -> list[str]:
            house.clock.at += 1.0
            for tag in ("sport", "news", ""):
                await house.rooms.pushes.to_all((tag or "plain").encode(), Wish(tag=tag))
            await house.rooms.pushes.to_room(RoomId("r"), b"room", Wish(tag="news"))
            await settle()
            return [m["data"]["body"] for m in client.messages() if m.get("push") == "delivery"]

        assert await all_three() == ["sport", "room"]
        client.ask(2, "tags.set", tags=["news", ""])
        assert await all_three() == ["news", "plain", "room"]
        client.ask(3, "tags.set", tags=None)
        assert await all_three() == ["sport", "news", "plain", "room"]
        client.ask(4, "tags.set", tags=["x" * 65])
        client.ask(5, "tags.set", tags=[str(number) for number in range(2_000)])
        await settle()
        assert {m["error"]["code"] for m in client.messages()} == {"bad_request"}
