import asyncio

import pytest

from parlor.im.message_settings import MessageSettings
from parlor.model.conversation import ConversationKind
from parlor.model.errors import (
    BadRequest,
    BadText,
    EmptyText,
    LimitReached,
    NotFound,
    NotMember,
    Overloaded,
    StorageFailed,
    TextTooLong,
    TooLate,
)
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Said
from parlor.wire.native.pushes import EventPush, SchedulePush
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE
from tests.support.talk import open_talk

SETTINGS = MessageSettings(
    max_scheduled=3, max_schedule_ahead_s=1_000, job_claim_s=30, job_retry_s=60, job_poll_s=5
)


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, of_messages=SETTINGS, max_mentions=2, max_expiry_s=99) as opened:
        yield opened


@pytest.fixture
def schedules(talk):
    return talk.messaging.schedules


def soon(talk, after_s=60.0):
    return talk.clock.unix_ms() + int(after_s * 1000)


async def waiting(schedules, user=ANN):
    return [one.client_id for one in (await schedules.page(user, "", 10))[0]]


async def test_a_message_waits_for_its_time_and_is_sent_once(talk, schedules):
    direct = await talk.direct()
    said = Said("later", 1, (BOB,), silent=True, expires_in_s=90)
    kept, created = await schedules.put(ANN, direct, "c", soon(talk), said)
    assert created
    assert talk.told.pushes == [((ANN,), SchedulePush("c", kept))]
    assert await schedules.send_due() == 0
    talk.clock.at += 60
    talk.told.pushes.clear()
    assert await schedules.send_due() == 1
    (event,), last_seq, _ = await talk.sync.events(BOB, direct, 1, None, 10)
    assert (event.text, event.sender, event.client_id) == ("later", ANN, "c")
    assert (event.reply_to, event.mentions, event.silent) == (1, (BOB,), True)
    assert event.expires_at == soon(talk, 90)
    assert talk.told.pushes == [
        ((ANN, BOB), EventPush(event)),
        ((ANN,), SchedulePush("c", None)),
    ]
    assert await schedules.send_due() == 0
    assert await waiting(schedules) == []
    assert (last_seq, talk.meter.counted["im_scheduled_sent_total"]) == (2, 1)


async def test_the_same_client_id_is_one_message_before_and_after_it_was_sent(talk, schedules):
    direct = await talk.direct()
    first, _ = await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    talk.told.pushes.clear()
    assert await schedules.put(ANN, direct, "c", 5, Said("other")) == (first, False)
    assert talk.told.pushes == []
    talk.clock.at += 60
    await schedules.send_due()
    await schedules.put(ANN, direct, "c", first.at_ms, Said("later"))
    await schedules.send_due()
    assert await talk.stores.texts(direct) == ["later"]
    assert await waiting(schedules) == []


async def test_many_processes_that_look_at_once_send_it_once(talk, schedules):
    direct = await talk.direct()
    for number in range(3):
        await schedules.put(ANN, direct, f"{number}", soon(talk), Said(f"{number}"))
    talk.clock.at += 60
    await asyncio.gather(*(schedules.send_due() for _ in range(4)))
    assert sorted(await talk.stores.texts(direct)) == ["0", "1", "2"]


async def test_who_dies_before_it_is_forgotten_leaves_one_message(talk, schedules):
    """The message is stored; whoever stored it never came to take it from the list."""
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    talk.clock.at += 60
    now = talk.clock.unix_ms()
    await talk.stores.schedule.claim(now, now + 30_000, 10)
    await talk.send.text(ANN, direct, "c", "later")
    assert await schedules.send_due() == 0
    talk.clock.at += 30
    talk.told.pushes.clear()
    assert await schedules.send_due() == 1
    assert await talk.stores.texts(direct) == ["later"]
    assert isinstance(talk.told.pushes[0][1], EventPush), "the dead one may have told nobody"


async def test_a_time_in_the_past_is_as_soon_as_possible(talk, schedules):
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", 1, Said("now"))
    assert schedules.changed.is_set()
    await schedules.send_due()
    assert await talk.stores.texts(direct) == ["now"]


async def test_what_is_being_sent_cannot_be_cancelled(talk, schedules):
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    talk.clock.at += 60
    now = talk.clock.unix_ms()
    await talk.stores.schedule.claim(now, now + 30_000, 10)
    with pytest.raises(TooLate):
        await schedules.cancel(ANN, "c")
    talk.clock.at += 30
    await schedules.send_due()
    assert not await schedules.cancel(ANN, "c")
    assert await talk.stores.texts(direct) == ["later"]


async def test_a_claim_whose_time_is_half_over_sends_nothing(talk, schedules):
    """By its end the message may be cancelled, or another may have it."""
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    talk.clock.at += 60
    now = talk.clock.unix_ms()
    (due,) = await talk.stores.schedule.claim(now, now + 30_000, 10)
    talk.clock.at += 15
    await schedules.send_claimed([due], now + 30_000)
    assert await talk.stores.texts(direct) == []
    talk.clock.at += 15
    await schedules.send_due()
    assert await talk.stores.texts(direct) == ["later"]


async def test_what_was_cancelled_is_not_sent(talk, schedules):
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    talk.told.pushes.clear()
    assert not await schedules.cancel(BOB, "c")
    assert await schedules.cancel(ANN, "c")
    assert talk.told.pushes == [((ANN,), SchedulePush("c", None))]
    assert not await schedules.cancel(ANN, "c")
    talk.clock.at += 60
    assert await schedules.send_due() == 0
    assert await talk.stores.texts(direct) == []


async def test_the_list_is_paged_and_everybody_has_their_own(talk, schedules):
    direct = await talk.direct()
    for client_id, after_s in (("b-2", 60), ("a-1", 50), ("c", 70)):
        await schedules.put(ANN, direct, client_id, soon(talk, after_s), Said("x"))
    page, cursor = await schedules.page(ANN, "", 2)
    assert [one.client_id for one in page] == ["a-1", "b-2"]
    page, cursor = await schedules.page(ANN, cursor, 2)
    assert ([one.client_id for one in page], cursor) == (["c"], "")
    assert await schedules.page(BOB, "", 2) == ([], "")
    for wrong in ("x", "-1", "1" * 17, "１-c", "1-\ud800"):
        with pytest.raises(BadRequest):
            await schedules.page(ANN, wrong, 2)
    with pytest.raises(BadRequest):
        await schedules.page(ANN, "", 0)


async def test_what_may_not_be_said_is_refused_when_it_is_written(talk, schedules):
    direct = await talk.direct()
    for said, refusal in (
        (Said(""), EmptyText),
        (Said("x" * 4_097), TextTooLong),
        (Said("\ud800"), BadText),
        (Said("x", mentions=(ANN, BOB, CEM)), BadRequest),
        (Said("x", mentions=(UserId("\ud800"),)), BadRequest),
        (Said("x", expires_in_s=-1), BadRequest),
        (Said("x", expires_in_s=100), BadRequest),
    ):
        with pytest.raises(refusal):
            await schedules.put(ANN, direct, "c", soon(talk), said)
    for at_ms in (0, -1, soon(talk, 1_000) + 1, 2**53, 10**30):
        with pytest.raises(BadRequest):
            await schedules.put(ANN, direct, "c", at_ms, Said("x"))
    for client_id in ("", "x" * 65, "a\n"):
        with pytest.raises(BadRequest):
            await schedules.put(ANN, direct, client_id, soon(talk), Said("x"))
    for who in (CEM, UserId("x")):
        with pytest.raises(NotMember):
            await schedules.put(who, direct, "c", soon(talk), Said("x"))
    with pytest.raises(NotFound):
        await schedules.put(ANN, NOWHERE, "c", soon(talk), Said("x"))
    assert await waiting(schedules) == []


async def test_nobody_has_more_than_so_many_waiting(talk, schedules):
    direct = await talk.direct()
    for number in range(3):
        await schedules.put(ANN, direct, f"{number}", soon(talk, 1_000), Said("x"))
    with pytest.raises(LimitReached):
        await schedules.put(ANN, direct, "3", soon(talk), Said("x"))


async def test_what_cannot_be_sent_says_why_and_is_tried_no_more(talk, schedules):
    """Somebody mentioned is no member: known only to the store, and only when it is due."""
    group = (await talk.threads.create(ANN, ConversationKind.GROUP, [BOB], "t"))[0].id
    kept, _ = await schedules.put(ANN, group, "c", soon(talk), Said("x", mentions=(DAN,)))
    talk.clock.at += 60
    talk.told.pushes.clear()
    await schedules.send_due()
    (refused,), _ = await schedules.page(ANN, "", 10)
    assert refused.refused == "bad_request"
    assert talk.told.pushes == [((ANN,), SchedulePush("c", refused))]
    talk.clock.at += 10_000
    assert await schedules.send_due() == 0
    assert talk.meter.counted["im_scheduled_refused_total"] == 1
    assert await schedules.cancel(ANN, "c")
    assert kept.refused == ""


class Reluctant:
    """A sender that fails so many times before it sends."""

    def __init__(self, send, *failures):
        self._send = send
        self._failures = list(failures)

    async def store(self, draft):
        if self._failures:
            raise self._failures.pop(0)
        return await self._send.store(draft)


async def test_what_cannot_be_sent_for_now_is_tried_again_for_a_while(talk, schedules):
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    schedules._send = Reluctant(talk.send, StorageFailed(), Overloaded(retry_after_s=9))
    talk.clock.at += 60
    assert await schedules.send_due() == 1
    talk.clock.at += SETTINGS.job_poll_s
    assert await schedules.send_due() == 1
    talk.clock.at += 8
    assert await schedules.send_due() == 0
    talk.clock.at += 1
    assert await schedules.send_due() == 1
    assert await talk.stores.texts(direct) == ["later"]


async def test_it_is_not_tried_for_ever(talk, schedules):
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    schedules._send = Reluctant(talk.send, StorageFailed())
    talk.clock.at += 60 + SETTINGS.job_retry_s
    await schedules.send_due()
    (given_up,), _ = await schedules.page(ANN, "", 10)
    assert given_up.refused == "storage_failed"


class Failing:
    """A schedule whose store is away."""

    async def claim(self, now_ms, until_ms, limit):
        raise StorageFailed


async def test_what_was_due_while_nobody_could_send_is_not_given_up(talk, schedules):
    direct = await talk.direct()
    await schedules.put(ANN, direct, "c", soon(talk), Said("later"))
    store, talk.clock.at = schedules._schedule, talk.clock.at + 60 + SETTINGS.job_retry_s
    schedules._schedule = Failing()
    with pytest.raises(StorageFailed):
        await schedules.send_due()
    schedules._schedule = store
    schedules._send = Reluctant(talk.send, Overloaded())
    await schedules.send_due()
    talk.clock.at += SETTINGS.job_poll_s
    await schedules.send_due()
    assert await talk.stores.texts(direct) == ["later"]


async def test_a_time_long_past_is_tried_as_long_as_any_other(talk, schedules):
    direct = await talk.direct()
    kept, _ = await schedules.put(ANN, direct, "c", 1, Said("now"))
    assert kept.at_ms == talk.clock.unix_ms()
    schedules._send = Reluctant(talk.send, Overloaded())
    await schedules.send_due()
    talk.clock.at += SETTINGS.job_poll_s
    await schedules.send_due()
    assert await talk.stores.texts(direct) == ["now"]


async def test_a_conversation_without_a_number_is_not_found(talk, schedules):
    for nowhere in ("", "x", "\ud800"):
        with pytest.raises(NotFound):
            await schedules.put(ANN, ConversationId(nowhere), "c", soon(talk), Said("x"))
