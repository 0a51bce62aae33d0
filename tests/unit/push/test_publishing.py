import pytest

from parlor.model.errors import (
    BadRequest,
    Forbidden,
    RateLimited,
    RoomTooBusy,
    SlowMode,
    StorageFailed,
    TooLarge,
)
from parlor.model.ids import RoomId, UserId
from parlor.model.push import Delivery
from parlor.model.room import Priority
from parlor.push.policies import RoomPolicy
from parlor.push.settings import PushSettings
from tests.support.push_service import PushService

CHAT = RoomId("chat:1")
ANN, BEN = UserId("1"), UserId("2")


def service(**policy: object) -> PushService:
    given = {"user_rate": 100.0, "user_burst": 100, **policy}
    rule = RoomPolicy("chat:*", publish=True, **given)  # type: ignore[arg-type]
    return PushService(PushSettings(rooms=(rule,)))


async def say(
    service: PushService,
    body: str,
    client_id: str | None = None,
    *,
    user: UserId = ANN,
    room: RoomId = CHAT,
    priority: Priority = Priority.NORMAL,
):
    return await service.publishing.publish(user, room, body, client_id or body, priority)


async def test_the_server_says_who_spoke():
    here = service(must_arrive=True)
    said = await say(here, "你好")
    (push,) = here.envelopes()[0].pushes
    assert (push.sender, push.body.decode(), push.id) == (ANN, "你好", said.push_id)
    assert push.delivery is Delivery.MUST_ARRIVE


async def test_members_speak_only_where_the_policy_lets_them():
    here = service()
    with pytest.raises(Forbidden):
        await say(here, "x", room=RoomId("news"))
    assert here.envelopes() == []


async def test_the_same_client_id_is_said_once_and_answered_the_same():
    here = service(user_rate=0.1, user_burst=2)
    first = await say(here, "a", "c-1")
    again = await say(here, "a", "c-1")
    assert (again.push_id, first.repeated, again.repeated) == (first.push_id, False, True)
    other = await say(here, "b", "c-1", user=BEN)
    elsewhere = await say(here, "c", "c-1", room=RoomId("chat:2"))
    assert len({first.push_id, other.push_id, elsewhere.push_id}) == 3
    assert len(here.envelopes()) == 3


async def test_a_refused_message_may_be_tried_again_with_its_client_id():
    here = service()
    here.bus.failure = StorageFailed()
    with pytest.raises(StorageFailed):
        await say(here, "a", "c-1")
    here.bus.failure = None
    assert not (await say(here, "a", "c-1")).repeated
    assert here.bodies() == [[b"a"]]


@pytest.mark.parametrize("client_id", ["", "x" * 65, "tab\t"])
async def test_a_client_id_has_its_bounds(client_id):
    here = service()
    with pytest.raises(BadRequest):
        await here.publishing.publish(ANN, CHAT, "x", client_id, Priority.NORMAL)


async def test_a_message_has_its_size_in_bytes():
    here = service(publish_bytes=6)
    await say(here, "你好")
    with pytest.raises(TooLarge):
        await say(here, "你好!")


async def test_slow_mode_lets_each_person_speak_once_in_a_while():
    here = service(slow_mode_s=10.0)
    await say(here, "a")
    here.clock.at += 4
    with pytest.raises(SlowMode) as refusal:
        await say(here, "b")
    assert refusal.value.retry_after_s == pytest.approx(6.0)
    await say(here, "b", user=BEN)
    await say(here, "b", room=RoomId("chat:2"))
    here.clock.at += 6
    await say(here, "b")


async def test_one_person_too_fast_hinders_no_other():
    here = service(user_rate=2.0, user_burst=3)
    for number in range(3):
        await say(here, f"m{number}")
    with pytest.raises(RateLimited) as refusal:
        await say(here, "m3")
    assert refusal.value.retry_after_s == pytest.approx(0.5)
    await say(here, "m3", user=BEN)


async def test_a_busy_room_refuses_low_messages_first_and_high_ones_last():
    here = service(rate=10.0, burst=100)
    taken = dict.fromkeys(Priority, 0)
    for number in range(100):
        for priority in Priority:
            user = UserId(f"{priority}{number}")
            try:
                await say(here, f"{priority}{number}", user=user, priority=priority)
            except RoomTooBusy:
                continue
            else:
                taken[priority] += 1
    assert sum(taken.values()) == 100
    assert 0 < taken[Priority.LOW] < taken[Priority.NORMAL] < taken[Priority.HIGH]
    assert here.meter.counted["room_publishes_total"] == 100
    assert here.meter.counted["room_publishes_refused_total"] == 200


async def test_a_room_over_its_rate_is_for_high_messages_and_then_for_the_others_again():
    here = service(rate=10.0, burst=10)
    for number in range(10):
        await say(here, f"h{number}", priority=Priority.HIGH)
    here.clock.at += 0.1
    for priority in (Priority.LOW, Priority.NORMAL):
        with pytest.raises(RoomTooBusy) as refusal:
            await say(here, f"{priority}", priority=priority)
        assert refusal.value.retry_after_s > 0
    await say(here, "h", priority=Priority.HIGH)
    here.clock.at += 0.31
    await say(here, "n", priority=Priority.NORMAL)
    with pytest.raises(RoomTooBusy):
        await say(here, "l", priority=Priority.LOW)
    here.clock.at += 0.61
    await say(here, "l", priority=Priority.LOW)


async def test_who_was_refused_by_the_room_has_not_spent_a_turn():
    here = service(rate=1.0, burst=2, slow_mode_s=100.0, user_burst=1, user_rate=0.01)
    await say(here, "a", user=BEN, priority=Priority.HIGH)
    with pytest.raises(RoomTooBusy):
        await say(here, "b", priority=Priority.LOW)
    await say(here, "b", priority=Priority.HIGH)
    with pytest.raises(SlowMode):
        await say(here, "c", priority=Priority.HIGH)


async def test_what_is_remembered_of_speakers_is_bounded():
    rule = RoomPolicy("chat:*", publish=True)
    here = PushService(
        PushSettings(rooms=(rule,), max_speakers=10, remember_published=20, room_burst=1_000)
    )
    for number in range(50):
        await say(here, "x", user=UserId(str(number)))
    assert here.publishing.speakers == 10
    assert here.publishing.remembered == 20


async def test_what_one_person_says_keeps_its_order_through_joining():
    here = service(user_burst=1_000, rate=10_000.0, burst=10_000)
    here.counts.rooms[CHAT] = 100_000
    for number in range(1_000):
        await say(here, str(number))
        here.clock.at += 0.001
        await here.rooms.send_due()
    here.clock.at += 10
    await here.rooms.send_due()
    said = [body for batch in here.bodies() for body in batch]
    assert said == [str(number).encode() for number in range(1_000)]
    assert len(here.bodies()) < 100


async def test_high_priority_may_be_for_administrators_and_everybody_hears_of_it():
    here = service(high_admins_only=True)
    with pytest.raises(Forbidden):
        await say(here, "listen", priority=Priority.HIGH)
    await here.publishing.publish(ANN, CHAT, "listen", "listen", Priority.HIGH, admin=True)
    await say(here, "hello")
    await say(here, "psst", priority=Priority.LOW)
    heard = [push.priority for envelope in here.envelopes() for push in envelope.pushes]
    assert heard == [Priority.HIGH, Priority.NORMAL, Priority.LOW]
    everybody = service()
    await say(everybody, "listen", priority=Priority.HIGH)
