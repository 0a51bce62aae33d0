"""Rooms over real sockets: audiences, order, replay on rejoin, speaking, counting."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from parlor.client import Connection, Following, connect, stay_connected
from parlor.gateway.settings import GatewaySettings
from parlor.model.close import Close, CloseCode
from parlor.model.errors import Forbidden, NotInRoom, RoomTooBusy, SlowMode, TooLarge
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.push import Delivery
from parlor.model.room import Priority
from parlor.push.policies import RoomPolicy
from parlor.push.pushes import Wish
from parlor.push.settings import PushSettings
from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from parlor.wire.native.methods import RoomGet, RoomGetResult, RoomList, RoomListResult
from parlor.wire.native.pushes import DeliveryPush, RoomPresencePush
from tests.support.native_server import NativeServer, running_gateway
from tests.support.people import sign_up
from tests.support.rest_client import bearer
from tests.support.rest_server import make_key
from tests.support.server import running_parlor

EASY = {"user_rate": 100_000.0, "user_burst": 100_000, "rate": 100_000.0, "burst": 100_000}


async def take(connection: Connection, count: int) -> list[DeliveryPush]:
    got: list[DeliveryPush] = []
    async with asyncio.timeout(20):
        while len(got) < count:
            data = (await connection.next_push(DeliveryPush)).data
            assert isinstance(data, DeliveryPush)
            assert not data.missed
            got.append(data)
    return got


async def crowd(
    server: NativeServer, stack: AsyncExitStack, users: int, **more
) -> list[Connection]:
    """Users u0, u1, … with a connection each."""
    return [
        await stack.enter_async_context(server.connected(f"u{number}", **more))
        for number in range(users)
    ]


async def wait_counted(server: NativeServer, name: str, count: int) -> None:
    async with asyncio.timeout(20):
        while server.meter.counted[name] < count:
            await asyncio.sleep(0.01)


async def test_one_many_users_and_devices_get_it_once_and_nobody_else():
    """P11, P12: 100 users of whom 10 are offline."""
    async with running_gateway() as server, AsyncExitStack() as stack:
        everybody = await crowd(server, stack, 95)
        named = [UserId(f"u{number}") for number in (*range(90), *range(1_000, 1_010))]
        assert (await server.pushes.to_users(named[:1], b"one")).to == 1
        assert (await server.pushes.to_users(named, b"many")).to == 90
        await server.pushes.to_devices([DeviceId("phone")], b"device")
        await server.pushes.to_all(b"end")
        for number, connection in enumerate(everybody):
            expected = ["one"] * (number == 0) + ["many"] * (number < 90) + ["device", "end"]
            got = await take(connection, len(expected))
            assert [data.body for data in got] == expected


async def test_a_push_to_one_of_three_rooms_reaches_exactly_its_fifty():
    """P13."""
    async with running_gateway() as server, AsyncExitStack() as stack:
        rooms = [
            (room, await crowd(server, stack, 50, device=room, rooms=[room, "all"]))
            for room in ("r1", "r2", "r3")
        ]
        assert (await server.pushes.to_room(RoomId("r2"), b"two")).to == 50
        await server.pushes.to_room(RoomId("all"), b"end")
        for room, connections in rooms:
            expected = ["two", "end"] if room == "r2" else ["end"]
            for connection in connections:
                got = await take(connection, len(expected))
                assert [data.body for data in got] == expected


async def test_a_push_to_many_rooms_comes_once_for_each_room_one_is_in():
    async with running_gateway() as server, AsyncExitStack() as stack:
        (both,) = await crowd(server, stack, 1, rooms=["a", "b", "c"])
        pushed = await server.pushes.to_rooms([RoomId(name) for name in "abad"], b"x")
        assert pushed.to == 2
        got = await take(both, 2)
        assert [data.room for data in got] == ["a", "b"]
        assert {data.push_id for data in got} == {pushed.push_id}


@pytest.mark.parametrize("members", [3, 12])
async def test_ten_thousand_messages_keep_their_order_at_every_receiver(members: int):
    """P22: three people and a program at once, on both transports and codecs, in batches too."""
    push = PushSettings(
        rooms=(RoomPolicy("chat", publish=True, must_arrive=True, **EASY),),  # type: ignore[arg-type]
        room_window_per_member_s=0.001,
    )
    settings = GatewaySettings(
        requests_per_second=1e6, request_burst=100_000, max_in_flight=100_000,
        outbox_frames=20_000, outbox_bytes=1 << 26,
    )  # fmt: skip
    each = 2_500
    async with running_gateway(settings, push=push) as server, AsyncExitStack() as stack:
        kinds = [
            (server.websocket_url, JSON_SUBPROTOCOL),
            (server.websocket_url, MSGPACK_SUBPROTOCOL),
            (server.tcp_url, MSGPACK_SUBPROTOCOL),
        ]
        heard: list[list[tuple[str, int]]] = []
        receivers = []
        for number in range(members):
            url, subprotocol = kinds[number % 3]
            mine: list[tuple[str, int]] = []
            heard.append(mine)

            def hear(message, mine=mine) -> None:
                if isinstance(message.data, DeliveryPush):
                    assert not message.data.missed
                    mine.append((message.data.sender, int(message.data.body)))

            receivers.append(
                await stack.enter_async_context(
                    connect(
                        url, f"u{number}:d", rooms=["chat"], subprotocol=subprotocol, on_push=hear
                    )
                )
            )

        async def speak(connection: Connection) -> None:
            for start in range(0, each, 100):
                await asyncio.gather(
                    *(connection.publish("chat", str(n), str(n)) for n in range(start, start + 100))
                )

        async def program() -> None:
            for number in range(each):
                await server.pushes.to_room(RoomId("chat"), b"%d" % number)
                if number % 20 == 0:
                    await asyncio.sleep(0)

        async with asyncio.timeout(60):
            await asyncio.gather(*(speak(connection) for connection in receivers[:3]), program())
            while any(len(mine) < 4 * each for mine in heard):
                await asyncio.sleep(0.02)
        for mine in heard:
            for sender in ("u0", "u1", "u2", ""):
                assert [n for who, n in mine if who == sender] == list(range(each))
        assert heard.count(heard[0]) == members
        assert server.meter.counted["pushes_delivered_total"] == 4 * each * members


async def test_who_comes_back_gets_what_was_missed_and_everybody_the_same():
    """M41: a flapping client hears every message once, in order, while people go on talking."""
    push = PushSettings(rooms=(RoomPolicy("live:*", replay_count=10_000, publish=True, **EASY),))  # type: ignore[arg-type]
    settings = GatewaySettings(requests_per_second=1e6, request_burst=100_000)
    total = 600
    async with running_gateway(settings, push=push) as server, asyncio.timeout(60):
        following = Following()
        heard: list[tuple[int, str]] = []

        def hear(message) -> None:
            if isinstance(message.data, DeliveryPush):
                heard.append((message.data.offset, message.data.body))

        async with server.connected("speaker", rooms=["live:1"]) as speaker:

            async def talk() -> None:
                for number in range(total):
                    # Further than one connection hears, but not to the end while it is away.
                    while number >= 60 * (connections + 1):
                        await asyncio.sleep(0.001)
                    await speaker.publish("live:1", str(number), str(number))

            talking: asyncio.Task[None] | None = None
            connections = recovered = 0

            def again():
                return connect(
                    server.websocket_url, "1:phone", rooms=["live:1"],
                    following=following, on_push=hear,
                )  # fmt: skip

            async for connection in stay_connected(again):
                connections += 1
                assert connection.welcome is not None
                (state,) = connection.welcome.room_states
                recovered += state.recovered
                talking = talking or asyncio.create_task(talk())
                target = min(total, 60 * connections)
                while len(heard) < target:
                    await asyncio.sleep(0.001)
                if len(heard) >= total:
                    break
                for link in server.gateway.hub.of_user(UserId("1")):
                    if connections % 2:
                        link.close(Close(CloseCode.DRAINING, 0.01))
                    else:
                        link.shell.transport.abort()  # type: ignore[attr-defined]
                await connection.wait_closed()
            assert talking is not None
            await talking
        assert heard == [(number + 1, str(number)) for number in range(total)]
        assert recovered == connections - 1 >= 3
        assert server.meter.counted["pushes_replayed_total"] > 0


async def test_a_gap_longer_than_the_room_keeps_is_told():
    push = PushSettings(rooms=(RoomPolicy("live:*", replay_count=5),))
    async with running_gateway(push=push) as server:
        following = Following(["live:1"])
        async with server.connected("1", following=following) as connection:
            await server.pushes.to_room(RoomId("live:1"), b"0")
            await take(connection, 1)
        for number in range(1, 20):
            await server.pushes.to_room(RoomId("live:1"), b"%d" % number)
        async with server.connected("1", following=following) as connection:
            assert connection.welcome is not None
            (state,) = connection.welcome.room_states
            assert state.position is not None
            assert (state.recovered, state.position.offset) == (False, 20)
            await connection.leave("live:1")
            assert not (await connection.join("live:1", tail=True)).recovered
            got = await take(connection, 5)
            assert [data.body for data in got] == ["15", "16", "17", "18", "19"]
            at = following.position("live:1")
            assert at is not None
            assert (at.epoch, at.offset) == (state.position.epoch, 20)


async def test_slow_mode_and_rights_are_coded_answers():
    push = PushSettings(
        rooms=(RoomPolicy("chat:*", publish=True, slow_mode_s=30.0), RoomPolicy("quiet:*"))
    )
    async with running_gateway(push=push) as server, server.connected("1") as connection:
        with pytest.raises(NotInRoom):
            await connection.publish("chat:1", "x", "1")
        for room in ("chat:1", "quiet:1"):
            await connection.join(room)
        said = await connection.publish("chat:1", "x", "1")
        again = await connection.publish("chat:1", "x", "1")
        assert (said.push_id, again.repeated) == (again.push_id, True)
        with pytest.raises(SlowMode) as slow:
            await connection.publish("chat:1", "y", "2", priority=Priority.HIGH)
        assert 0 < slow.value.retry_after_s <= 30.0
        with pytest.raises(Forbidden):
            await connection.publish("quiet:1", "x", "1")
        (own,) = await take(connection, 1)
        assert (own.sender, own.push_id) == ("1", said.push_id)


async def test_offered_is_delivered_exactly():
    """P46: the sum of all counters is what was offered times who was online."""
    settings = GatewaySettings(outbox_frames=50_000, outbox_bytes=1 << 26)
    async with running_gateway(settings) as server, AsyncExitStack() as stack:
        counters: list[Counter[str]] = []
        for number in range(60):
            counter: Counter[str] = Counter()
            counters.append(counter)

            def hear(message, counter=counter) -> None:
                if isinstance(message.data, DeliveryPush):
                    counter[message.data.body] += 1
                    counter["missed"] += message.data.missed

            await stack.enter_async_context(
                connect(
                    (server.websocket_url, server.tcp_url)[number % 2],
                    f"u{number}:d{number}",
                    rooms=["r0", f"r{1 + number % 3}"],
                    on_push=hear,
                )
            )
        offered = 0
        wish = Wish(delivery=Delivery.MUST_ARRIVE)
        for number in range(150):
            pushes = [
                await server.pushes.to_room(RoomId("r0"), b"room"),
                await server.pushes.to_rooms([RoomId("r1"), RoomId("r2")], b"rooms", wish),
                await server.pushes.to_users([UserId(f"u{number % 70}")], b"user"),
                await server.pushes.to_all(b"all", rate=100_000 * (number % 2)),
            ]
            offered += sum(pushed.to or 0 for pushed in pushes)
            await asyncio.sleep(0)
        assert offered == 150 * (60 + 40 + 60) + (150 - 20)
        await wait_counted(server, "pushes_delivered_total", offered)
        async with asyncio.timeout(20):
            while sum(sum(counter.values()) for counter in counters) < offered:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert sum(sum(counter.values()) for counter in counters) == offered
        assert sum(counter["missed"] for counter in counters) == 0
        assert server.meter.counted["pushes_delivered_total"] == offered
        assert all(counter["room"] == counter["all"] == 150 for counter in counters)


CONFIG = """
[[push.rooms]]
match = "live:*"
replay_count = 100
replay_s = 60.0
publish = true
user_burst = 50
presence = true
presence_window_s = 0.1

[[push.rooms]]
match = "*"
replay_count = 0
"""


async def test_a_real_server_keeps_a_room_counts_it_and_tells_who_is_there(tmp_path: Path):
    """P20, P38 and the whole story by configuration file, REST and two SDK connections."""
    file = tmp_path / "parlor.toml"
    file.write_text(CONFIG)
    async with running_parlor(tmp_path, ["--config", str(file)]) as server:
        url = f"http://127.0.0.1:{server.port}"
        ann, ben = await sign_up(url, "ann"), await sign_up(url, "ben")
        key = bearer(await make_key(server, "program", "push"))
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=key) as program:

            async def push(to: dict[str, object], body: str) -> int:
                reply = await program.post("/push", json={"to": to, "body": body})
                assert reply.status_code == 202, reply.text
                return int(reply.json()["to"])

            async def ask(path: str):
                return (await program.get(path)).json()

            following = Following(["live:1"])
            async with connect(
                ben.websocket_url, ben.token, rooms=["live:1", "live2://1"]
            ) as other:
                async with connect(ann.websocket_url, ann.token, following=following) as first:
                    async with asyncio.timeout(10):
                        while True:
                            seen = (await other.next_push(RoomPresencePush)).data
                            assert isinstance(seen, RoomPresencePush)
                            if set(seen.users) == {ann.id, ben.id}:
                                break
                    assert await push({"rooms": ["live:1", "live2://1"]}, "one") == 3
                    (one,) = await take(first, 1)
                    assert (one.room, one.offset, one.body) == ("live:1", 1, "one")
                    await first.join("live://1")
                    assert await ask("/online/total") == {
                        "connections": 2, "addresses": 1, "users": 2,
                    }  # fmt: skip
                    assert (await ask("/online/top?limit=1"))["rooms"] == [
                        {"room": "live:1", "online": 2}
                    ]
                    assert (await ask("/online/top?type=live"))["rooms"] == [
                        {"room": "live://1", "online": 1}
                    ]
                    assert await ask(f"/online/users/{ann.id}") == {"user": ann.id, "online": 1}
                    assert await ask("/rooms/live:1/online") == {"room": "live:1", "online": 2}
                await other.publish("live:1", "两", "c-1")
                assert await push({"room": "live:1"}, "three") == 1
                async with connect(ann.tcp_url, ann.token, following=following) as back:
                    assert back.welcome is not None
                    state = {one.room: one.recovered for one in back.welcome.room_states}
                    assert state == {"live:1": True, "live://1": True}
                    got = [(d.offset, d.body, d.sender) for d in await take(back, 2)]
                    assert got == [(2, "两", ben.id), (3, "three", "")]
                    await push({"room": "live:1"}, "four")
                    assert [d.offset for d in await take(back, 1)] == [4]
            metrics = (await httpx.AsyncClient().get(f"{url}/metrics")).text
            assert "parlor_history_rooms 1.0" in metrics
        for person in (ann, ben):
            await person.rest.aclose()


BUSY = """
[[push.rooms]]
match = "hall:*"
publish = true
user_burst = 100
rate = 0.001
burst = 20
"""


async def test_a_busy_chat_room_drops_low_messages_first_and_counts_them(tmp_path: Path):
    """M41: half of what a room can say at once is not for cheers, a fifth not for chatter."""
    file = tmp_path / "parlor.toml"
    file.write_text(BUSY)
    async with (
        running_parlor(tmp_path, ["--config", str(file)]) as server,
        AsyncExitStack() as stack,
    ):
        ann, ben = await sign_up(server.url, "ann"), await sign_up(server.url, "ben")
        for person in (ann, ben):
            stack.push_async_callback(person.rest.aclose)
        hears, says = [
            await stack.enter_async_context(connect(url, person.token, rooms=["hall:1"]))
            for url, person in ((ann.tcp_url, ann), (ben.websocket_url, ben))
        ]
        said: list[tuple[Priority, str]] = []
        refused: Counter[Priority] = Counter()

        async def say(priority: Priority) -> bool:
            body = f"{priority.value} {len(said) + refused.total()}"
            try:
                await says.publish("hall:1", body, body, priority=priority)
            except RoomTooBusy:
                refused[priority] += 1
                return False
            said.append((priority, body))
            return True

        while await say(Priority.LOW):
            pass
        while await say(Priority.NORMAL):
            assert not await say(Priority.LOW)
        while await say(Priority.HIGH):
            assert not await say(Priority.NORMAL)
        assert Counter(priority for priority, _ in said) == {
            Priority.LOW: 10, Priority.NORMAL: 6, Priority.HIGH: 4,
        }  # fmt: skip
        assert [one.body for one in await take(hears, 20)] == [body for _, body in said]
        async with httpx.AsyncClient(base_url=server.url) as anybody:
            metrics = (await anybody.get("/metrics")).text.splitlines()
        for priority in Priority:
            labels = f'code="room_too_busy",priority="{priority.value}"'
            assert (
                f"parlor_room_publishes_refused_total{{{labels}}} {refused[priority]}.0" in metrics
            )
        assert refused == {Priority.LOW: 7, Priority.NORMAL: 5, Priority.HIGH: 1}


async def test_a_server_as_it_comes_has_rooms_in_which_people_talk(tmp_path: Path):
    """M41 with nothing configured: in, heard, listed, refused what is not for members."""
    async with running_parlor(tmp_path) as server, AsyncExitStack() as stack:
        ann, ben = await sign_up(server.url, "ann"), await sign_up(server.url, "ben")
        for person in (ann, ben):
            stack.push_async_callback(person.rest.aclose)
        says, hears = [
            await stack.enter_async_context(connect(url, person.token))
            for url, person in ((ann.websocket_url, ann), (ben.tcp_url, ben))
        ]
        for connection in (says, hears):
            await connection.join("chat://lobby", tail=True)
            await connection.join("news")
        await says.publish("chat://lobby", "你好", "c-1")
        (heard,) = await take(hears, 1)
        assert (heard.room, heard.body, heard.sender) == ("chat://lobby", "你好", ann.id)
        listed = await hears.request(RoomList(), RoomListResult)
        assert [(one.room, one.online) for one in listed.rooms] == [("chat://lobby", 2)]
        assert listed.beginning == "chat://"
        found = await hears.request(RoomGet("chat://lobby"), RoomGetResult)
        assert set(found.users) == {ann.id, ben.id}
        assert (found.rules.publish, found.rules.high, found.rules.max_bytes) == (
            True,
            False,
            2_048,
        )
        with pytest.raises(Forbidden):
            await says.publish("news", "hello", "c-2")
        with pytest.raises(Forbidden):
            await says.publish("chat://lobby", "listen", "c-3", priority=Priority.HIGH)
        with pytest.raises(TooLarge):
            await says.publish("chat://lobby", "x" * 2_049, "c-4")
