import pytest

from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.push import Delivery, ToAll, ToDevices, ToRoom, ToUsers
from parlor.push.pushes import Wish
from tests.support.rest_client import bearer
from tests.support.rest_services import KEY, Memory

PATH = "/api/v1/push"


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
