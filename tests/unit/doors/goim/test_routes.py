from __future__ import annotations

import pytest

from parlor.doors.goim.nodes import Nodes
from parlor.doors.goim.parameters import BadParameter, Parameters
from parlor.doors.goim.routes import Data, Routes
from parlor.doors.goim.settings import GoimSettings
from parlor.model.ids import ConnectionKey, RoomId, UserId
from parlor.model.push import Delivery, ToAll, ToConnections, ToUsers
from tests.support.goim_fakes import CountedEntropy, Published


class ThreeRooms:
    """A presence of 10 connections in three rooms of two types."""

    def __init__(self) -> None:
        self.rooms = {"live://1": 5, "live://2": 3, "live2://1": 1}

    def online(self, user: str) -> int:
        return 0

    def device_online(self, device: str) -> int:
        return 0

    def users_online(self) -> int:
        return 0

    def in_room(self, room: RoomId) -> int:
        return self.rooms.get(room, 0)

    def top_rooms(self, prefix: str, limit: int) -> list[tuple[RoomId, int]]:
        found = [(RoomId(room), n) for room, n in self.rooms.items() if room.startswith(prefix)]
        return sorted(found, key=lambda item: -item[1])[:limit]

    def totals(self) -> tuple[int, int]:
        return 10, 2


@pytest.fixture
def sent() -> Published:
    return Published()


@pytest.fixture
def routes(sent: Published) -> Routes:
    settings = GoimSettings(nodes=("10.0.0.1",), domain="chat.example.org")
    return Routes(sent, sent, ThreeRooms(), Nodes(settings), CountedEntropy(), Delivery.MUST_ARRIVE)


async def _call(routes: Routes, path: str, query: str = "", body: bytes = b"") -> Data:
    return await routes.table()[path].handle(Parameters(query.encode()), body)


async def test_keys_are_pushed_to_once_each(routes: Routes, sent: Published):
    assert await _call(routes, "/goim/push/keys", "operation=9&keys=a&keys=b&keys=a", b"x") is None
    (envelope,) = sent.envelopes
    assert envelope.to == ToConnections((ConnectionKey("a"), ConnectionKey("b")))
    (push,) = envelope.pushes
    assert (push.tag, push.body, push.delivery) == ("9", b"x", Delivery.MUST_ARRIVE)


async def test_mids_become_users_once_each_and_0_is_nobody(routes: Routes, sent: Published):
    await _call(routes, "/goim/push/mids", "mids=7&mids=007&mids=0&mids=8")
    assert [envelope.to for envelope in sent.envelopes] == [ToUsers((UserId("7"), UserId("8")))]


async def test_a_push_to_nobody_is_fine(routes: Routes, sent: Published):
    for path in ("/goim/push/keys", "/goim/push/mids"):
        assert await _call(routes, path) is None
    assert sent.envelopes == []


async def test_a_room_is_named_by_type_and_id(routes: Routes, sent: Published):
    await _call(routes, "/goim/push/room", "operation=1000&type=live&room=1", b"x")
    ((room, push),) = sent.room_pushes
    assert (room, push.tag, push.body) == ("live://1", "1000", b"x")


async def test_broadcast_speed_is_a_rate_over_all(routes: Routes, sent: Published):
    for speed in ("", "&speed=50", "&speed=-1"):
        await _call(routes, "/goim/push/all", f"operation=1{speed}")
    assert [envelope.to for envelope in sent.envelopes] == [ToAll(0), ToAll(50), ToAll(0)]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/goim/push/keys", "operation=x"),
        ("/goim/push/mids", "mids=1&mids=b"),
        ("/goim/push/room", "operation=1000&type=live"),
        ("/goim/push/room", "operation=1000&room=1"),
        ("/goim/push/room", "type=live&room=1"),
        ("/goim/push/room", "operation=0&type=live&room=1"),
        ("/goim/push/all", ""),
        ("/goim/push/all", "operation=1&speed=fast"),
        ("/goim/online/top", "type=live"),
        ("/goim/online/top", "limit=5"),
        ("/goim/online/top", "type=live&limit=-1"),
        ("/goim/online/room", "type=live"),
        ("/goim/online/room", "rooms=1"),
    ],
)
async def test_a_query_that_does_not_fit_pushes_nothing(
    routes: Routes, sent: Published, path: str, query: str
):
    with pytest.raises(BadParameter):
        await _call(routes, path, query)
    assert (sent.envelopes, sent.room_pushes) == ([], [])


async def test_top_lists_rooms_of_exactly_that_type(routes: Routes):
    assert await _call(routes, "/goim/online/top", "type=live&limit=5") == [
        {"room_id": "1", "count": 5},
        {"room_id": "2", "count": 3},
    ]
    assert await _call(routes, "/goim/online/top", "type=live&limit=1") == [
        {"room_id": "1", "count": 5}
    ]
    assert await _call(routes, "/goim/online/top", "type=liv&limit=5") == []


async def test_rooms_are_counted_by_type_and_id(routes: Routes):
    query = "type=live&rooms=1&rooms=2&rooms=3"
    assert await _call(routes, "/goim/online/room", query) == {"1": 5, "2": 3, "3": 0}
    assert await _call(routes, "/goim/online/room", "type=live2&rooms=1") == {"1": 1}


async def test_totals_count_connections_and_addresses(routes: Routes):
    assert await _call(routes, "/goim/online/total") == {"ip_count": 2, "conn_count": 10}


async def test_web_clients_get_a_host_name_and_others_addresses(routes: Routes):
    expected = {
        "domain": "chat.example.org",
        "tcp_port": 3101,
        "ws_port": 3102,
        "wss_port": 0,
        "heartbeat": 240,
        "nodes": ["10.0.0.1"],
        "backoff": {"max_delay": 300, "base_delay": 3, "factor": 1.8, "jitter": 0.3},
        "heartbeat_max": 2,
    }
    assert await _call(routes, "/goim/nodes/weighted", "platform=ios") == expected
    web = await _call(routes, "/goim/nodes/weighted", "platform=web")
    assert web == {**expected, "nodes": ["chat.example.org"]}


async def test_this_process_is_listed_as_one_comet(routes: Routes):
    data = await _call(routes, "/goim/nodes/instances")
    assert isinstance(data, list)
    (node,) = data
    assert node["appid"] == "goim.comet"
    assert node["metadata"] == {
        "weight": "10",
        "offline": "false",
        "addrs": "10.0.0.1",
        "conn_count": "10",
        "ip_count": "2",
    }
