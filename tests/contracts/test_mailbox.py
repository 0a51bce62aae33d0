"""What every mailbox driver promises."""

import asyncio

import pytest

from parlor.drivers.memory.mailbox import MemoryMailbox
from parlor.drivers.sql.mailbox import SqlMailbox
from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.mail import Cursor, Post
from parlor.model.push import Delivery, Push
from parlor.ports.mailbox import MailboxLimits
from tests.support.databases import DATABASES

ANN, BOB = UserId("customer-7/ann"), UserId("bøb")
PHONE, LAPTOP, TABLET = DeviceId("phone"), DeviceId("laptop"), DeviceId("tablet")
LIMITS = MailboxLimits(max_entries=5, max_bytes=100, max_devices=3)
MANY, LARGE = 1_000, 1_000_000
AT = 1_800_000_000_000


@pytest.fixture(params=["memory", *DATABASES])
async def mailbox(request, tmp_path):
    if request.param == "memory":
        yield MemoryMailbox(LIMITS)
        return
    async with DATABASES[request.param](tmp_path) as database:
        yield SqlMailbox(database, LIMITS)


def a_push(name: str, body: bytes | None = None) -> Push:
    return Push(PushId(name), name.encode() if body is None else body, "", Delivery.MUST_ARRIVE)


def to_users(name: str, *users: UserId, body: bytes | None = None, at: int = AT) -> Post:
    return Post(a_push(name, body), at, users=users)


def to_device(name: str, *devices: DeviceId) -> Post:
    return Post(a_push(name), AT, devices=devices)


async def bodies(mailbox, user=ANN, device=PHONE, after=None) -> list[str]:
    page = await mailbox.page(user, device, after, MANY, LARGE)
    return [one.push.body.decode() for one in page.mail]


async def acknowledge(mailbox, user, device, upto, at=AT):
    return await mailbox.note([Cursor(user, device, upto, at)])


async def test_numbers_are_dense_for_each_user_and_say_what_waits_before(mailbox):
    one = (await mailbox.put(to_users("a", ANN))).places[0]
    both = await mailbox.put(to_users("b", ANN, BOB, ANN))
    assert (both.places[0].user, both.places[0].number - one.number) == (ANN, 1)
    assert len(both.places) == both.stored == 2
    assert both.places[0].first == one.number == one.first
    assert both.places[1].first == both.places[1].number
    page = await mailbox.page(ANN, PHONE, None, MANY, LARGE)
    assert [mail.number for mail in page.mail] == [one.number, one.number + 1]
    assert (page.upto, page.more, page.waiting) == (one.number + 1, False, 2)
    assert page.mail[1].push == a_push("b")


async def test_posts_at_once_get_their_numbers_in_the_order_of_calls(mailbox):
    posts = [to_users(f"{n}", ANN) for n in range(5)]
    posted = await asyncio.gather(*map(mailbox.put, posts))
    numbers = [one.places[0].number for one in posted]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert await bodies(mailbox) == list("01234")


async def test_many_posts_to_many_users_may_come_at_once(mailbox):
    posts = [to_users(f"{n}", *(UserId(f"{n}/{user}") for user in range(1_000))) for n in range(35)]
    posted = await asyncio.gather(*map(mailbox.put, posts))
    assert sum(one.stored for one in posted) == await mailbox.count() == 35_000
    assert await bodies(mailbox, UserId("34/999")) == ["34"]


async def test_pages_are_bounded_by_count_and_bytes_and_hold_at_least_one(mailbox):
    for n in range(4):
        await mailbox.put(to_users(str(n), ANN, body=bytes(20)))
    page = await mailbox.page(ANN, PHONE, None, 3, LARGE)
    assert (len(page.mail), page.more, page.waiting) == (3, True, 4)
    assert page.upto == page.mail[-1].number
    page = await mailbox.page(ANN, PHONE, None, MANY, 40)
    assert (len(page.mail), page.more) == (2, True)
    page = await mailbox.page(ANN, PHONE, page.upto, MANY, 1)
    assert (len(page.mail), page.more, page.waiting) == (1, True, 2)


async def test_what_every_known_device_acknowledged_is_removed(mailbox):
    await mailbox.note([Cursor(ANN, PHONE, 0, AT), Cursor(ANN, LAPTOP, 0, AT)])
    last = [(await mailbox.put(to_users(name, ANN))).places[0].number for name in "abc"][-1]
    assert (await acknowledge(mailbox, ANN, PHONE, last)).entries == 0
    assert await bodies(mailbox, device=PHONE) == []
    assert await bodies(mailbox, device=LAPTOP) == ["a", "b", "c"]
    assert (await acknowledge(mailbox, ANN, LAPTOP, last - 1)).entries == 2
    assert await bodies(mailbox, device=LAPTOP) == ["c"]
    removed = await acknowledge(mailbox, ANN, LAPTOP, last)
    assert (removed.entries, removed.emptied) == (1, ((ANN, last),))
    assert await mailbox.count() == 0


async def test_numbers_go_on_after_the_mailbox_was_empty(mailbox):
    first = (await mailbox.put(to_users("a", ANN))).places[0].number
    await acknowledge(mailbox, ANN, PHONE, first)
    place = (await mailbox.put(to_users("b", ANN))).places[0]
    assert (place.number, place.first) == (first + 1, first + 1)
    assert await bodies(mailbox) == ["b"]


async def test_an_acknowledgement_never_moves_back_or_past_what_was_given(mailbox):
    first = (await mailbox.put(to_users("a", ANN))).places[0].number
    await acknowledge(mailbox, ANN, PHONE, 2**53 - 1)
    await acknowledge(mailbox, ANN, PHONE, 0)
    await mailbox.put(to_users("b", ANN))
    assert await bodies(mailbox) == ["b"]
    assert await bodies(mailbox, after=first - 1) == ["b"]


async def test_a_new_device_gets_what_still_waits(mailbox):
    await mailbox.note([Cursor(ANN, PHONE, 0, AT), Cursor(ANN, LAPTOP, 0, AT)])
    place = (await mailbox.put(to_users("a", ANN))).places[0]
    await acknowledge(mailbox, ANN, PHONE, place.number)
    assert await bodies(mailbox, device=TABLET) == ["a"]


async def test_mail_for_a_device_is_for_that_one_of_whoever_uses_it(mailbox):
    await mailbox.note(
        [Cursor(ANN, PHONE, 0, AT), Cursor(ANN, LAPTOP, 0, AT), Cursor(BOB, PHONE, 0, AT)]
    )
    posted = await mailbox.put(to_device("p", PHONE, DeviceId("of nobody")))
    assert {(place.user, place.device) for place in posted.places} == {(ANN, PHONE), (BOB, PHONE)}
    assert posted.strangers == ("of nobody",)
    await mailbox.put(to_users("all", ANN))
    assert await bodies(mailbox, ANN, PHONE) == ["p", "all"]
    assert await bodies(mailbox, ANN, LAPTOP) == ["all"]
    page = await mailbox.page(ANN, LAPTOP, None, MANY, LARGE)
    assert page.waiting == 1
    number = next(place.number for place in posted.places if place.user == ANN)
    assert (await acknowledge(mailbox, ANN, PHONE, number)).entries == 1
    assert await bodies(mailbox, ANN, PHONE) == ["all"]


async def test_too_many_entries_drop_the_oldest_and_say_how_many(mailbox):
    dropped = [(await mailbox.put(to_users(str(n), ANN))).dropped for n in range(7)]
    assert dropped == [0] * 5 + [1, 1]
    assert await bodies(mailbox) == list("23456")


async def test_too_many_bytes_drop_the_oldest_but_never_the_newest(mailbox):
    await mailbox.put(to_users("a", ANN, body=bytes(60)))
    await mailbox.put(to_users("b", ANN, body=b"b" * 60))
    assert await bodies(mailbox) == ["b" * 60]
    await mailbox.put(to_users("c", ANN, body=b"c" * 500))
    assert await bodies(mailbox) == ["c" * 500]


async def test_one_device_too_many_has_the_longest_silent_forgotten(mailbox):
    for n in range(3):
        await mailbox.note([Cursor(ANN, DeviceId(f"d{n}"), 0, AT + n)])
    removed = await mailbox.note([Cursor(ANN, TABLET, 0, AT + 9)])
    assert removed.forgotten == ((ANN, "d0"),)
    number = (await mailbox.put(to_users("a", ANN))).places[0].number
    for device in ("d1", "d2"):
        assert (await acknowledge(mailbox, ANN, DeviceId(device), number)).entries == 0
    assert (await acknowledge(mailbox, ANN, TABLET, number)).entries == 1


async def test_who_was_silent_too_long_is_forgotten_and_hinders_no_removal(mailbox):
    await mailbox.note([Cursor(ANN, PHONE, 0, AT), Cursor(ANN, LAPTOP, 0, AT + 10)])
    number = (await mailbox.put(to_users("a", ANN))).places[0].number
    await acknowledge(mailbox, ANN, LAPTOP, number, AT + 20)
    silent = await mailbox.idle(AT + 5, 10)
    assert [(one.user, one.device) for one in silent] == [(ANN, PHONE)]
    assert (await mailbox.forget(silent)).entries == 1
    assert await mailbox.idle(AT + 5, 10) == []


async def test_who_comes_back_meanwhile_is_not_forgotten(mailbox):
    await mailbox.note([Cursor(ANN, PHONE, 0, AT)])
    silent = await mailbox.idle(AT + 5, 10)
    await mailbox.note([Cursor(ANN, PHONE, 0, AT + 6)])
    await mailbox.forget(silent)
    assert [one.device for one in await mailbox.idle(AT + 9, 10)] == [PHONE]


async def test_old_mail_expires_in_bounded_steps(mailbox):
    for n in range(4):
        await mailbox.put(to_users(str(n), ANN, at=AT + n))
    assert (await mailbox.expire(AT + 3, 2)).entries == 2
    assert (await mailbox.expire(AT + 3, 2)).entries == 1
    assert await bodies(mailbox) == ["3"]
    assert (await mailbox.expire(AT + 4, 2)).emptied[0][0] == ANN


async def test_a_counter_that_was_forgotten_never_gives_a_number_again(mailbox):
    number = (await mailbox.put(to_users("a", ANN, at=AT))).places[0].number
    await mailbox.expire(AT + 1, 10)
    await mailbox.expire(AT + 1, 10)
    later = await mailbox.put(to_users("b", ANN, at=AT + 10))
    assert later.places[0].number > number


async def test_what_may_have_been_put_before_is_put_once(mailbox):
    push = a_push("a")
    first = await mailbox.put(Post(push, AT, users=(ANN,)))
    again = await mailbox.put(Post(push, AT + 1, users=(ANN, BOB), again=True))
    assert again.places[0].number == first.places[0].number
    assert again.stored == 1
    assert await bodies(mailbox) == ["a"]
    assert await bodies(mailbox, BOB) == ["a"]


async def test_any_body_comes_back_as_it_was(mailbox):
    for name, body in (("empty", b""), ("large", bytes(range(256)) * 4_096)):
        await mailbox.put(to_users(name, BOB, body=body))
    page = await mailbox.page(BOB, PHONE, None, MANY, LARGE)
    assert page.mail[-1].push.body == bytes(range(256)) * 4_096


async def test_what_is_known_says_who_has_mail_and_which_devices_were_heard(mailbox):
    await mailbox.note([Cursor(ANN, PHONE, 0, AT), Cursor(BOB, LAPTOP, 0, AT + 1)])
    number = (await mailbox.put(to_users("a", ANN))).places[0].number
    known = await mailbox.known(1, 1)
    assert known.complete
    assert known.boxes == ((ANN, number),)
    assert [(one.user, one.device, one.acked) for one in known.cursors] == [(ANN, PHONE, 0)]
    assert [(one.user, one.device) for one in known.devices] == [(BOB, LAPTOP)]
    await mailbox.put(to_users("b", BOB))
    known = await mailbox.known(1, 1)
    assert (known.complete, known.boxes, await mailbox.count()) == (False, (), 2)
