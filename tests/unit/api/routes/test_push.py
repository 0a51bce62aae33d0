import asyncio

import pytest

from parlor.model.errors import RoomTooBusy
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.push import Delivery, ToAll, ToDevices, ToRoom, ToUsers
from parlor.push.pushes import Wish
from tests.support.rest_client import bearer, rest_client
from tests.support.rest_services import KEY, Memory, RecordedPushes

PATH = "/api/v1/push"
BATCH = "/api/v1/push/batch"


@pytest.mark.parametrize(
    ("to", "audience"),
    [
        ({"devices": ["laptop", "phone"]}, ToDevices((DeviceId("laptop"), DeviceId("phone")))),
        ({"users": ["101"]}, ToUsers((UserId("101"),))),
        ({"room": "live://1000"}, ToRoom(RoomId("live://1000"), 500)),
        ({"all": True}, ToAll(500)),
        ({"rooms": ["live://1000"]}, ToRoom(RoomId("live://1000"), 500)),
        ({"room": "news", "all": False}, ToRoom(RoomId("news"), 500)),
    ],
)
async def test_a_push_reaches_the_audience_it_names(client, memory: Memory, to, audience):
    body = {"to": to, "body": "比分 1:0", "kind": "must_arrive", "tag": "9", "rate": 500}
    reply = await client.post(PATH, json=body, headers=bearer(KEY))
    assert reply.status_code == 202
    assert reply.json() == {"push_id": "pu_1", "to": None}
    wish = Wish(tag="9", delivery=Delivery.MUST_ARRIVE, program="test")
    assert memory.pushes.sent == [(audience, "比分 1:0".encode(), wish)]


async def test_an_id_is_one_of_the_program_whose_key_it_is(client, memory: Memory):
    body = {"to": {"room": "news"}, "body": "x", "id": "goal-17"}
    await client.post(PATH, json=body, headers=bearer(KEY))
    assert memory.pushes.sent[0][2] == Wish(id="goal-17", program="test")


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": {}},
        {"to": {"all": False}},
        {"to": {"room": "a", "users": ["1"]}},
        {"to": {"users": "101"}},
        {"to": "all"},
        {"body": {"hello": 1}},
        {"body": None},
        {"kind": "perhaps"},
        {"rate": -1},
        {"tag": "t" * 65},
        {"rate": 2**60},
        {"id": 5},
    ],
)
async def test_a_push_to_nobody_in_particular_is_refused(client, memory: Memory, wrong):
    body = {"to": {"room": "news"}, "body": "x", **wrong}
    reply = await client.post(PATH, json=body, headers=bearer(KEY))
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")
    assert memory.pushes.sent == []


async def test_the_quota_is_spent_before_anything_is_sent(client, memory: Memory):
    memory.keys.over_quota = True
    body = {"to": {"room": "news"}, "body": "x"}
    reply = await client.post(PATH, json=body, headers=bearer(KEY))
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "over_quota")
    assert reply.headers["retry-after"] == "2"
    batch = await client.post(BATCH, json={"pushes": [body] * 3}, headers=bearer(KEY))
    assert batch.status_code == 429
    assert memory.keys.spent == [1, 3]
    assert memory.pushes.sent == []


async def test_a_batch_is_answered_item_by_item_in_order(client, memory: Memory):
    pushes = [
        {"to": {"room": "news"}, "body": "one", "id": "1"},
        {"to": {"users": ["101"]}, "body": "two", "kind": "must_arrive"},
        {"to": {}, "body": "to nobody"},
        {"to": {"all": True}, "body": "four", "rate": 9},
    ]
    reply = await client.post(BATCH, json={"pushes": pushes}, headers=bearer(KEY))
    assert reply.status_code == 202
    first, second, third, fourth = reply.json()["results"]
    assert (first, second) == ({"push_id": "pu_1", "to": None}, {"push_id": "pu_2", "to": None})
    assert third["error"]["code"] == "bad_request"
    assert fourth == {"push_id": "pu_3", "to": None}
    assert [audience for audience, _, _ in memory.pushes.sent] == [
        ToRoom(RoomId("news")),
        ToUsers((UserId("101"),)),
        ToAll(9),
    ]
    assert memory.keys.spent == [4]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (5, "Expected `object`, got `int`"),
        ({"body": "x"}, "Object missing required field `to`"),
        ({"to": {"room": 5}, "body": "x"}, "to.room: Expected `str | null`, got `int`"),
        (
            {"to": {"room": "a"}, "body": "x", "tag": "t" * 65},
            "tag: Expected `str` of length <= 64",
        ),
        ({"to": {"room": "a", "all": True}, "body": "x"}, "to: give exactly one of"),
    ],
)
async def test_an_item_that_cannot_be_read_refuses_itself_and_no_other(
    client, memory: Memory, item, message
):
    good = {"to": {"room": "news"}, "body": "x"}
    reply = await client.post(BATCH, json={"pushes": [good, item, good]}, headers=bearer(KEY))
    assert reply.status_code == 202
    before, wrong, after = reply.json()["results"]
    assert (before["push_id"], after["push_id"]) == ("pu_1", "pu_2")
    assert wrong["error"]["code"] == "bad_request"
    assert wrong["error"]["message"].startswith(message)


@pytest.mark.parametrize(
    "batch",
    [{}, {"pushes": []}, {"pushes": 5}, {"pushes": [{}] * 1_001}, [], 7, {"pushes": None}],
)
async def test_a_batch_that_is_none_is_refused_whole(client, memory: Memory, batch):
    reply = await client.post(BATCH, json=batch, headers=bearer(KEY))
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")
    assert memory.pushes.sent == []


async def test_a_batch_of_exactly_the_limit_is_taken(client, memory: Memory):
    good = {"to": {"room": "news"}, "body": "x"}
    reply = await client.post(BATCH, json={"pushes": [good] * 1_000}, headers=bearer(KEY))
    assert len(reply.json()["results"]) == len(memory.pushes.sent) == 1_000


async def test_a_busy_room_refuses_its_own_pushes_of_a_batch(memory: Memory):
    class Busy(RecordedPushes):
        async def to_room(self, room, body, wish, *, rate=0):
            raise RoomTooBusy(retry_after_s=0.25)

    async with rest_client(memory.services(pushes=Busy())) as client:
        pushes = [{"to": {"room": "a"}, "body": "x"}, {"to": {"users": ["1"]}, "body": "x"}]
        reply = await client.post(BATCH, json={"pushes": pushes}, headers=bearer(KEY))
    busy, sent = reply.json()["results"]
    assert busy["error"] == {
        "code": "room_too_busy",
        "message": RoomTooBusy.meaning,
        "retry": True,
        "retry_after_s": 0.25,
    }
    assert sent == {"push_id": "pu_1", "to": None}


async def test_what_waits_for_a_disk_waits_together_and_keeps_its_order(memory: Memory):
    class Slow(RecordedPushes):
        def __init__(self):
            super().__init__()
            self.all_there = asyncio.Event()

        async def to_users(self, users, body, wish):
            pushed = self._push(ToUsers(tuple(users)), body, wish)
            if len(self.sent) == 20:
                self.all_there.set()
            await self.all_there.wait()
            return pushed

    slow = Slow()
    item = {"to": {"users": ["1"]}, "kind": "must_arrive"}
    pushes = [{**item, "body": f"{number}"} for number in range(20)]
    async with rest_client(memory.services(pushes=slow)) as client, asyncio.timeout(5):
        reply = await client.post(BATCH, json={"pushes": pushes}, headers=bearer(KEY))
    assert [body for _, body, _ in slow.sent] == [b"%d" % number for number in range(20)]
    assert [result["push_id"] for result in reply.json()["results"]] == [
        f"pu_{number}" for number in range(1, 21)
    ]
