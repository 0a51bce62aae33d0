import pytest

from parlor.model.errors import BadRequest, StorageFailed, TooLarge
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.push import Delivery, ToAll, ToDevices, ToRoom, ToUsers
from parlor.push.pushes import Wish
from parlor.push.settings import PushSettings
from tests.support.push_service import PushService


async def test_each_audience_gets_its_envelope_and_says_how_many_are_online():
    service = PushService()
    service.counts.users = {"1": 2, "2": 1}
    service.counts.rooms = {"r": 7}
    pushes = service.pushes
    online = [
        (await pushes.to_users([UserId("1"), UserId("2"), UserId("1")], b"u")).to,
        (await pushes.to_devices([DeviceId("d")], b"d")).to,
        (await pushes.to_room(RoomId("r"), b"r")).to,
        (await pushes.to_all(b"a", rate=9)).to,
    ]
    assert online == [3, None, 7, 3]
    assert [envelope.to for envelope in service.envelopes()] == [
        ToUsers((UserId("1"), UserId("2"), UserId("1"))),
        ToDevices((DeviceId("d"),)),
        ToRoom(RoomId("r")),
        ToAll(9),
    ]


async def test_what_was_wished_is_in_the_push():
    service = PushService()
    wish = Wish(tag="9", delivery=Delivery.MUST_ARRIVE)
    pushed = await service.pushes.to_all(b"\xff", wish)
    push = service.envelopes()[0].pushes[0]
    assert (push.id, push.body, push.tag, push.delivery) == (
        pushed.push_id,
        b"\xff",
        "9",
        Delivery.MUST_ARRIVE,
    )


async def test_the_same_id_again_is_answered_the_same_and_sent_to_nobody():
    service = PushService()
    wish = Wish(id="job-1", program="shop")
    first = await service.pushes.to_all(b"a", wish)
    assert await service.pushes.to_all(b"a", wish) == first
    assert (await service.pushes.to_all(b"a", Wish(id="job-1", program="bank"))) != first
    assert (await service.pushes.to_all(b"a")) != (await service.pushes.to_all(b"a"))
    assert len(service.envelopes()) == 4


async def test_a_push_that_failed_may_be_sent_again_with_the_same_id():
    service = PushService()
    wish = Wish(id="job-1")
    service.bus.failure = StorageFailed()
    with pytest.raises(StorageFailed):
        await service.pushes.to_all(b"a", wish)
    service.bus.failure = None
    await service.pushes.to_all(b"a", wish)
    assert len(service.envelopes()) == 1


async def test_bodies_and_ids_over_the_limit_are_refused():
    service = PushService(PushSettings(max_body_bytes=10))
    await service.pushes.to_all(b"x" * 10)
    with pytest.raises(TooLarge):
        await service.pushes.to_all(b"x" * 11)
    with pytest.raises(BadRequest):
        await service.pushes.to_all(b"", Wish(id="x" * 200))
    assert len(service.envelopes()) == 1


@pytest.mark.parametrize("room", ["", "x" * 129, "房" * 43, "\ud800"])
async def test_a_room_has_a_name_of_bounded_length(room):
    with pytest.raises(BadRequest):
        await PushService().pushes.to_room(RoomId(room), b"")


async def test_nobody_and_too_many_are_no_audience():
    pushes = PushService(PushSettings(max_targets=2)).pushes
    for count in (0, 3):
        with pytest.raises(BadRequest):
            await pushes.to_users([UserId("1")] * count, b"")
        with pytest.raises(BadRequest):
            await pushes.to_devices([DeviceId("1")] * count, b"")


async def test_a_negative_rate_is_refused():
    with pytest.raises(BadRequest):
        await PushService().pushes.to_all(b"", rate=-1)
