"""goim's HTTP API on its own port: nine routes, their envelopes, keys, hostile requests."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator

import pytest

from tests.support.goim_client import GoimTcp, Packet
from tests.support.goim_door import OTHER_KEY, PUSH_KEY, OpenDoor, goim_door

OK = b'{"code":0,"message":""}'


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with goim_door() as opened:
        yield opened


async def _raw(door: OpenDoor, request: bytes) -> bytes:
    """What the server answers to exactly these bytes, until it closes."""
    async with await GoimTcp.connect(door.port("http")) as client:
        client.send_bytes(request)
        return await client.read_to_end()


async def _ask(
    door: OpenDoor, method: str, target: str, body: bytes = b"", *headers: str
) -> tuple[int, bytes]:
    lines = [f"{method} {target} HTTP/1.1", "Host: h", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    answer = await _raw(door, "\r\n".join([*lines, "", ""]).encode() + body)
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), text


async def test_a_push_answers_with_goims_own_bytes(door: OpenDoor):
    """P25."""
    client = await door.tcp(mid=123, room_id="live://1000", accepts=[1000])
    answer = await _raw(
        door,
        b"POST /goim/push/mids?operation=1000&mids=123 HTTP/1.1\r\nHost: 127.0.0.1:3111\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n"
        b"Connection: close\r\n\r\nmid message",
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\ncontent-type: application/json; charset=utf-8" in head
    assert re.search(rb"\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", head)
    assert body == OK
    assert await client.read() == Packet(1000, b"mid message", 1, 0)
    await client.close()


@pytest.mark.parametrize(
    "target",
    [
        "/goim/push/keys?operation=1000&keys=phone",
        "/goim/push/mids?operation=1000&mids=123&mids=124",
        "/goim/push/room?operation=1000&type=live&room=1000",
        "/goim/push/all?operation=1000",
        "/goim/push/all?operation=1000&speed=100",
    ],
)
async def test_every_kind_of_push_takes_any_body_of_any_type(door: OpenDoor, target: str):
    """P25."""
    client = await door.websocket(mid=123, key="phone", room_id="live://1000", accepts=[1000])
    for body, kind in (
        (b'{"test":1}', "application/json"),
        (bytes(range(256)), "image/png"),
        (b"a=1&b=2", "application/x-www-form-urlencoded"),
        ("你好".encode(), "text/plain; charset=gbk"),
    ):
        assert await _ask(door, "POST", target, body, f"Content-Type: {kind}") == (200, OK)
        assert await client.read_pushes(1) == [Packet(1000, body, 1, 0)]
    assert await _ask(door, "POST", target) == (200, OK)
    assert await client.read_pushes(1) == [Packet(1000, b"", 1, 0)]
    await client.close()


async def test_whoever_is_not_there_is_left_out_and_it_is_no_error(door: OpenDoor):
    """P25."""
    for target in (
        "/goim/push/keys",
        "/goim/push/keys?operation=1000&keys=nobody",
        "/goim/push/mids?operation=1000&mids=999",
        "/goim/push/room?operation=1000&type=live&room=empty",
        "/goim/push/all?operation=1000",
    ):
        assert await _ask(door, "POST", target, b"x") == (200, OK)


@pytest.mark.parametrize(
    ("method", "target", "message"),
    [
        ("POST", "/goim/push/keys?operation=x&keys=a", b"operation is not a decimal number"),
        ("POST", "/goim/push/mids?mids=1,2", b"mids is not a decimal number"),
        ("POST", "/goim/push/mids?operation=2147483648", b"operation does not fit 32 bits"),
        ("POST", "/goim/push/room?type=live&room=1", b"operation is required and may not be 0"),
        ("POST", "/goim/push/room?operation=1000&room=1", b"type is required"),
        ("POST", "/goim/push/room?operation=1000&type=live", b"room is required"),
        ("POST", "/goim/push/all?speed=1", b"operation is required and may not be 0"),
        ("POST", "/goim/push/all?operation=0", b"operation is required and may not be 0"),
        ("GET", "/goim/online/top?limit=10", b"type is required"),
        ("GET", "/goim/online/top?type=live", b"limit is required and may not be 0"),
        ("GET", "/goim/online/room?type=live", b"rooms is required"),
        ("GET", "/goim/online/room?rooms=1", b"type is required"),
    ],
)
async def test_a_parameter_error_is_400_and_code_minus_400(
    door: OpenDoor, method: str, target: str, message: bytes
):
    """P25."""
    expected = b'{"code":-400,"message":"' + message + b'"}'
    assert await _ask(door, method, target, b"x" if method == "POST" else b"") == (400, expected)


async def test_online_answers_are_goims_own_bytes(door: OpenDoor):
    """P25: 3 rooms with 5, 3 and 1 connections."""
    assert await _ask(door, "GET", "/goim/online/top?type=live&limit=9") == (
        200,
        b'{"code":0,"message":"","data":[]}',
    )
    clients = [
        await door.tcp(mid=mid, room_id=f"live://{room}")
        for room, mids in ((1000, range(1, 6)), (2000, range(6, 9)), (3000, [9]))
        for mid in mids
    ]
    assert await _ask(door, "GET", "/goim/online/top?type=live&limit=2") == (
        200,
        (
            b'{"code":0,"message":"",'
            b'"data":[{"room_id":"1000","count":5},{"room_id":"2000","count":3}]}'
        ),
    )
    assert await _ask(door, "GET", "/goim/online/room?type=live&rooms=1000&rooms=4000") == (
        200,
        b'{"code":0,"message":"","data":{"1000":5,"4000":0}}',
    )
    assert await _ask(door, "GET", "/goim/online/total") == (
        200,
        b'{"code":0,"message":"","data":{"ip_count":1,"conn_count":9}}',
    )
    for client in clients:
        await client.close()


async def test_nodes_tell_where_to_connect_and_how_to_come_back():
    """P25. The ports are those that are really bound."""
    async with goim_door(domain="conn.example.org", nodes=("192.0.2.1",)) as door:
        tcp, ws = door.port("tcp"), door.port("ws")
        expected = (
            '{"code":0,"message":"","data":{"domain":"conn.example.org",'
            f'"tcp_port":{tcp},"ws_port":{ws},"wss_port":0,"heartbeat":240,'
            '"nodes":["%s"],'
            '"backoff":{"max_delay":300,"base_delay":3,"factor":1.8,"jitter":0.3},'
            '"heartbeat_max":2}}'
        )
        for platform, node in (
            ("web", "conn.example.org"),
            ("ios", "192.0.2.1"),
            ("", "192.0.2.1"),
        ):
            assert await _ask(door, "GET", f"/goim/nodes/weighted?platform={platform}") == (
                200,
                (expected % node).encode(),
            )
        client = await door.tcp(mid=1)
        async with door.http.get("/goim/nodes/instances") as response:
            (node,) = (await response.json())["data"]
        assert node["appid"] == "goim.comet"
        assert node["hostname"] == "conn.example.org"
        assert node["addrs"] == [
            f"tcp://conn.example.org:{tcp}",
            f"ws://conn.example.org:{ws}/sub",
        ]
        assert (node["metadata"]["conn_count"], node["metadata"]["ip_count"]) == ("1", "1")
        await client.close()


async def test_in_token_mode_only_a_key_that_may_push_pushes():
    """P25: Authorization: Bearer KEY. `nodes/weighted` is for clients and stays open."""
    async with goim_door(auth="token") as door:
        client = await door.tcp(token="anna's token", accepts=[1000])
        target = "/goim/push/mids?operation=1000&mids=1001"
        for headers, status in (
            ([], 401),
            (["Authorization: Bearer made-up"], 401),
            ([f"Authorization: Basic {PUSH_KEY}"], 401),
            (["Authorization: Bearer anna's token"], 401),
            ([f"Authorization: Bearer {OTHER_KEY}"], 403),
        ):
            answered, text = await _ask(door, "POST", target, b"no", *headers)
            assert (answered, text[:13]) == (status, b'{"code":-%d,' % status)
            answered, _ = await _ask(door, "GET", "/goim/online/total", b"", *headers)
            assert answered == status
        await client.assert_silent()
        key = f"Authorization: Bearer {PUSH_KEY}"
        assert await _ask(door, "POST", target, b"yes", key) == (200, OK)
        assert (await client.read()).body == b"yes"
        assert (await _ask(door, "GET", "/goim/online/total", b"", key))[0] == 200
        assert (await _ask(door, "GET", "/goim/nodes/weighted"))[0] == 200
        await client.close()


async def test_a_key_over_its_quota_is_told_when_to_come_back():
    """P47."""
    async with goim_door(auth="token") as door:
        door.keys.allowed = 1
        key = f"Authorization: Bearer {PUSH_KEY}"
        target = "/goim/push/all?operation=1000"
        assert await _ask(door, "POST", target, b"x", key) == (200, OK)
        answer = await _raw(
            door,
            f"POST {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{key}\r\n"
            "Content-Length: 1\r\n\r\nx".encode(),
        )
        head, _, text = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nretry-after: 3" in head
        assert text.startswith(b'{"code":-429,"message":"')
        assert (await _ask(door, "GET", "/goim/online/total", b"", key))[0] == 200


async def test_a_page_may_read_and_push_only_where_its_origin_is_named():
    """M38."""
    async with goim_door(origins=("https://*.example.org",)) as door:
        for origin, named in (("https://app.example.org", True), ("https://evil.example", False)):
            headers = {"Origin": origin}
            async with door.http.get("/goim/nodes/weighted", headers=headers) as reply:
                assert reply.status == 200
                leave = reply.headers.get("access-control-allow-origin")
                assert leave == (origin if named else None)
            target = "/goim/push/all?operation=1000"
            async with door.http.post(target, data=b"x", headers=headers) as reply:
                assert reply.status == (200 if named else 403)
            async with door.http.options(target, headers=headers) as reply:
                assert reply.status == (204 if named else 403)
                assert ("access-control-allow-methods" in reply.headers) is named
        async with door.http.post("/goim/push/all?operation=1000", data=b"x") as reply:
            assert reply.status == 200


async def test_unless_origins_are_named_no_page_is_kept_out_and_none_may_read(door: OpenDoor):
    """M38: as goim does."""
    headers = {"Origin": "https://evil.example"}
    async with door.http.post("/goim/push/all?operation=1000", headers=headers) as reply:
        assert reply.status == 200
        assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/goim/push/all?operation=1", 405),
        ("PUT", "/goim/push/all?operation=1", 405),
        ("POST", "/goim/online/total", 405),
        ("GET", "/nodes/instances", 404),
        ("GET", "/", 404),
    ],
)
async def test_other_methods_and_paths_are_told_so(
    door: OpenDoor, method: str, target: str, status: int
):
    """P25."""
    answered, text = await _ask(door, method, target)
    assert answered == status
    assert text.startswith(b'{"code":-%d,"message":"' % status)


async def test_requests_share_a_connection_and_keep_their_order(door: OpenDoor):
    """P25."""
    client = await door.tcp(mid=1, accepts=[1000])
    target = "/goim/push/mids?operation=1000&mids=1"
    requests = b"".join(
        f"POST {target} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n{n}".encode()
        for n in range(9)
    )
    last = f"POST {target} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: close\r\n\r\n9"
    answer = await _raw(door, requests + last.encode())
    assert answer.count(OK) == 10
    assert [int(push.body) for push in await client.read_pushes(10)] == list(range(10))
    await client.close()


async def test_a_body_over_the_limit_is_refused_and_a_chunked_one_too():
    """P24: memory stays bounded whatever is announced."""
    async with goim_door(max_push_bytes=1000) as door:
        target = "/goim/push/all?operation=1"
        assert (await _ask(door, "POST", target, b"x" * 1000))[0] == 200
        assert (await _ask(door, "POST", target, b"x" * 1001))[0] == 413
        chunked = (
            b"POST /goim/push/all?operation=1 HTTP/1.1\r\nHost: h\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + b"1f4\r\n" + b"x" * 500 + b"\r\n"
        )
        chunk = b"1f4\r\n" + b"x" * 500 + b"\r\n"
        assert b" 413 " in (await _raw(door, chunked + chunk + chunk)).split(b"\r\n")[0]


async def test_a_body_never_finished_is_given_up():
    """P24."""
    async with goim_door(body_timeout_s=0.2) as door:
        request = (
            b"POST /goim/push/all?operation=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx"
        )
        assert b" 408 " in (await _raw(door, request)).split(b"\r\n")[0]


async def test_a_head_never_finished_or_without_end_is_cut_off():
    """P24."""
    async with goim_door(head_timeout_s=0.2) as door:
        assert await _raw(door, b"") == b""
        assert await _raw(door, b"GET /goim/online/total HTTP/1.1\r\nHo") == b""
    async with goim_door() as door:
        endless = b"GET /goim/online/total HTTP/1.1\r\n" + b"X: y\r\n" * 40_000
        assert await _raw(door, endless) == b""


async def test_a_taken_port_is_named_and_nothing_stays_bound():
    """The operator reads one line that says which setting to change."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"doors\.goim\.http_port.*:{port}"):
            async with goim_door(http_port=port):
                pytest.fail("it opened")


async def test_draining_finishes_what_was_accepted_and_then_closes():
    """A push that waits to be joined is not lost when the server stops."""
    async with goim_door(batch=20, signal_s=60) as door:
        client = await door.websocket(mid=1, room_id="live://1")
        await door.push("room", "operation=1000&type=live&room=1", b"the last one")
        await door.door.drain()
        await door.door.close()
        assert await client.read_pushes(1) == [Packet(1000, b"the last one", 1, 0)]
        assert await client.read_to_end() == b""
        await client.close()
        for name in ("tcp", "ws", "http"):
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", door.port(name))
