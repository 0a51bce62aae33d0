"""goim v1's long poll, byte for byte: what hangs, what it is answered, whom it lets in."""

import asyncio
import json
from typing import Any

import pytest

from parlor.gateway.settings import GatewaySettings
from parlor.model.ids import RoomId, UserId
from tests.support.goim_door import OpenDoor, goim_door

QUERY = "ver=1&op=7&seq=1"
PATIENCE_S = 30


def _url(door: OpenDoor, query: str, path: str = "/sub") -> str:
    return f"http://127.0.0.1:{door.port('long_poll')}{path}?{query}"


async def _get(door: OpenDoor, query: str) -> tuple[int, bytes, str]:
    async with door.http.get(_url(door, query)) as answer:
        return answer.status, await answer.read(), answer.headers["content-type"]


async def _hanging(door: OpenDoor, query: str, count: int = 1) -> "asyncio.Task[Any]":
    """A poll that is in the hub by now."""
    before = door.gateway.hub.connections()
    task = asyncio.create_task(_get(door, query))
    async with asyncio.timeout(PATIENCE_S):
        while door.gateway.hub.connections() < before + count:
            await asyncio.sleep(0.005)
    return task


async def test_a_poll_hangs_until_a_push_and_calls_back_with_it():
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        poll = await _hanging(door, f"{QUERY}&t=7&cb=f")
        await asyncio.sleep(0.1)
        assert not poll.done()
        await door.push("mids", "operation=1000&mids=7", b'{"test": 1}')
        status, body, kind = await poll
        assert (status, body) == (200, b'f={"ver":0,"op":5,"seq":0,"body":{"test":1}}')
        assert kind.startswith("text/javascript")
        assert door.gateway.hub.connections() == 0
        while door.gateway.admission.total:
            await asyncio.sleep(0.01)


async def test_without_a_callback_it_is_json_and_what_is_no_json_a_string():
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        for body, said in (
            (b"plain \xe2\x80\xa8 text\n", "plain \u2028 text\n"),
            (b"[1,\n2]", [1, 2]),
            (b"\xff\x00", "\ufffd\x00"),
            (b"", ""),
            (b'"</script>\xe2\x80\xa9"', "</script>\u2029"),
        ):
            poll = await _hanging(door, f"{QUERY}&t=7")
            await door.push("mids", "operation=1000&mids=7", body)
            status, answer, kind = await poll
            assert (status, kind.partition(";")[0]) == (200, "application/json")
            assert json.loads(answer) == {"ver": 0, "op": 5, "seq": 0, "body": said}
            assert b"\xe2\x80\xa8" not in answer
            assert b"\xe2\x80\xa9" not in answer
            assert b"\n" not in answer


async def test_it_takes_one_message_and_the_client_asks_again_for_the_next():
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        for number in range(5):
            poll = await _hanging(door, f"{QUERY}&t=7&cb=f")
            await door.push("mids", "operation=1000&mids=7", str(number).encode())
            assert (await poll)[1] == b'f={"ver":0,"op":5,"seq":0,"body":%d}' % number


async def test_one_user_may_hang_many_times_and_each_is_answered():
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        polls = [await _hanging(door, f"{QUERY}&t=7&cb=f") for _ in range(3)]
        await door.push("mids", "operation=1000&mids=7", b"1")
        assert {(await poll)[1] for poll in polls} == {b'f={"ver":0,"op":5,"seq":0,"body":1}'}


async def test_it_meets_clients_of_v2_in_the_room_it_names_and_in_pushes_to_all():
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        room = await _hanging(door, f"{QUERY}&t=7&cb=f&room=live%3A%2F%2F9")
        await door.push("room", "operation=1000&type=live&room=9", b"1")
        assert (await room)[1].endswith(b'"body":1}')
        all_ = await _hanging(door, f"{QUERY}&t=7&cb=f")
        await door.push("all", "operation=1000", b"2")
        assert (await all_)[1].endswith(b'"body":2}')


@pytest.mark.parametrize("token", ["", "&t=", "&t=x", "&t=-1", "&t=1e3", "&t=" + "9" * 19])
async def test_a_bad_token_is_403(token):
    async with goim_door(long_poll_port=0) as door:
        status, _, _ = await _get(door, f"{QUERY}{token}&cb=f")
        assert status == 403
        assert door.gateway.hub.connections() == 0


async def test_in_token_mode_the_token_says_who_it_is():
    async with goim_door(long_poll_port=0, auth="token") as door, asyncio.timeout(PATIENCE_S):
        assert (await _get(door, f"{QUERY}&t=1001"))[0] == 403
        poll = await _hanging(door, f"{QUERY}&t=anna%27s%20token")
        assert door.gateway.hub.user_online(UserId("1001")) == 1
        for link in door.gateway.hub.all():
            link.close_soon(door.gateway.come_back())
        assert (await poll)[0] == 503


@pytest.mark.parametrize(
    "callback",
    [
        "alert(1)//",
        "f%3Bg",
        "%3Cscript%3E",
        "a.b.",
        ".a",
        "1a",
        "a%20b",
        "a-b",
        "f%0A",
        "f%3D",
        "%C3%A9",
        "a" * 65,
    ],
)
async def test_a_callback_that_is_no_name_never_comes_back(callback):
    async with goim_door(long_poll_port=0) as door:
        status, body, kind = await _get(door, f"{QUERY}&t=7&cb={callback}")
        assert status == 400
        assert kind.startswith("text/plain")
        assert body == b"cb is not the name of a function"


@pytest.mark.parametrize("callback", ["f", "_f$1", "window.goim.on_push", "a" * 64])
async def test_a_callback_may_be_any_name(callback):
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        poll = await _hanging(door, f"{QUERY}&t=7&cb={callback}")
        await door.push("mids", "operation=1000&mids=7", b"1")
        assert (await poll)[1].startswith(callback.encode() + b"={")


async def test_a_poll_without_a_push_is_answered_with_nothing_in_time():
    async with goim_door(long_poll_port=0, long_poll_s=0.3) as door, asyncio.timeout(PATIENCE_S):
        assert (await _get(door, f"{QUERY}&t=7&cb=f"))[:2] == (200, b"")
        while len(door.gateway.wheel):
            await asyncio.sleep(0.01)


async def test_a_client_that_goes_leaves_nothing_behind():
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        poll = await _hanging(door, f"{QUERY}&t=7&room=r")
        poll.cancel()
        while door.gateway.admission.total:
            await asyncio.sleep(0.01)
        assert door.gateway.hub.connections() == 0
        assert door.gateway.hub.room_online(RoomId("r")) == 0
        assert len(door.gateway.wheel) == 0


async def test_limits_answer_in_time_and_with_a_status():
    settings = GatewaySettings(max_connections=2, max_connections_per_user=1, max_room_bytes=8)
    async with (
        goim_door(long_poll_port=0, auth="token", gateway_settings=settings) as door,
        asyncio.timeout(PATIENCE_S),
    ):
        anna = await _hanging(door, f"{QUERY}&t=anna%27s%20token")
        assert (await _get(door, f"{QUERY}&t=anna%27s%20token"))[0] == 403
        assert (await _get(door, f"{QUERY}&t=ben%27s%20token&room=123456789"))[0] == 400
        ben = await _hanging(door, f"{QUERY}&t=ben%27s%20token")
        assert (await _get(door, f"{QUERY}&t=ben%27s%20token"))[0] == 503
        for poll in (anna, ben):
            poll.cancel()


@pytest.mark.parametrize(
    ("query", "path", "method", "status"),
    [
        (f"{QUERY}&t=7", "/", "GET", 404),
        (f"{QUERY}&t=7", "/sub", "POST", 405),
        ("op=2&t=7", "/sub", "GET", 400),
        ("op=x&t=7", "/sub", "GET", 400),
        ("t=%FF", "/sub", "GET", 400),
    ],
)
async def test_what_is_no_poll_is_refused(query, path, method, status):
    async with (
        goim_door(long_poll_port=0) as door,
        door.http.request(method, _url(door, query, path)) as answer,
    ):
        assert answer.status == status


async def test_a_server_that_drains_says_when_to_come_back():
    async with goim_door(long_poll_port=0) as door, asyncio.timeout(PATIENCE_S):
        poll = asyncio.create_task(door.http.get(_url(door, f"{QUERY}&t=7&cb=f")))
        while not door.gateway.hub.connections():
            await asyncio.sleep(0.005)
        await door.door.drain()
        door.gateway.begin_drain(away_s=1.0)
        for link in door.gateway.hub.all():
            link.close(door.gateway.come_back())
        answer = await poll
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert (await _get(door, f"{QUERY}&t=7&cb=f"))[0] == 503


async def test_it_is_off_unless_asked_for():
    async with goim_door() as door:
        assert "long_poll" not in door.door.addresses
