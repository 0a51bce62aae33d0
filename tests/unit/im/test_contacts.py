import pytest

from parlor.im.statuses import PEOPLE_SUBJECT, parse_change
from parlor.model.errors import (
    BadRequest,
    BadText,
    LimitReached,
    NotFound,
    NotWanted,
    TextTooLong,
)
from parlor.model.ids import UserId
from parlor.model.people import ContactState
from parlor.wire.native.pushes import SelfPush
from tests.support.people_services import people_house
from tests.support.storage import ANN, BOB, CEM

DAY_S = 86_400


def house(**settings):
    return people_house(ANN, BOB, CEM, **settings)


def told(house):
    """(whose device, which key, whether there is a value), since last asked."""
    pushes, house.told.pushes[:] = list(house.told.pushes), []
    return [
        (users[0], push.entry.key, push.entry.body is not None)
        for users, push in pushes
        if isinstance(push, SelfPush)
    ]


async def agree(house, one=ANN, other=BOB):
    await house.contacts.request(one, other, "")
    await house.contacts.decide(other, one, accept=True)


async def test_both_peoples_devices_are_told_of_every_step():
    place = house()
    asked = await place.contacts.request(ANN, BOB, "  Hello ")
    assert (asked.user_id, asked.state, asked.text) == (BOB, ContactState.ASKED, "Hello")
    assert told(place) == [(ANN, f"r:{BOB}", True), (BOB, f"r:{ANN}", True)]
    agreed = await place.contacts.decide(BOB, ANN, accept=True)
    assert agreed.state is ContactState.CONTACT
    assert told(place) == [
        (BOB, f"r:{ANN}", False),
        (BOB, f"k:{ANN}", True),
        (ANN, f"r:{BOB}", False),
        (ANN, f"k:{BOB}", True),
    ]


async def test_a_refusal_is_told_to_nobody_else():
    place = house()
    await place.contacts.request(ANN, BOB, "")
    told(place)
    await place.contacts.decide(BOB, ANN, accept=False)
    assert told(place) == [(BOB, f"r:{ANN}", False)]


async def test_a_repeated_request_tells_nobody():
    place = house()
    await place.contacts.request(ANN, BOB, "")
    told(place)
    again = await place.contacts.request(ANN, BOB, "Please")
    assert again.state is ContactState.ASKED
    assert told(place) == []


async def test_presence_is_looked_at_anew_when_two_change():
    place = house()
    async with place.bus.subscribe(PEOPLE_SUBJECT) as messages:
        await place.contacts.block(ANN, BOB, on=True)
        change = parse_change(await anext(aiter(messages)))
    assert (set(change.users), change.reread) == ({ANN, BOB}, True)


async def test_remark_and_tags_are_checked():
    place = house(max_tags=4, max_tag_chars=4, max_remark_chars=5)
    await agree(place)
    named = await place.contacts.update(ANN, BOB, " Bob\u0065\u0301 ", ["x", " x", "", "work"])
    assert (named.remark, named.tags) == ("Bob\u00e9", ("x", "work"))
    same = await place.contacts.update(ANN, BOB, None, None)
    assert same == named
    for remark, tags, refusal in (
        ("123456", None, TextTooLong),
        ("a\x00", None, BadText),
        ("\ud800", None, BadText),
        (None, ["12345"], TextTooLong),
        (None, list("12345"), LimitReached),
    ):
        with pytest.raises(refusal):
            await place.contacts.update(ANN, BOB, remark, tags)
    assert (await place.contacts.update(ANN, BOB, "", [])).tags == ()


async def test_a_greeting_has_a_length():
    with pytest.raises(TextTooLong):
        await house(max_greeting_chars=3).contacts.request(ANN, BOB, "1234")


async def test_nobody_is_their_own_contact_and_nobody_is_asked_who_is_not_there():
    place = house()
    for act in (
        place.contacts.request(ANN, ANN, ""),
        place.contacts.block(ANN, ANN, on=True),
        place.contacts.remove(ANN, ANN),
    ):
        with pytest.raises(BadRequest):
            await act
    with pytest.raises(NotFound):
        await place.contacts.request(ANN, UserId("99"), "")


async def test_a_blocked_person_learns_no_more_than_no():
    place = house()
    await place.contacts.block(BOB, ANN, on=True)
    with pytest.raises(NotWanted):
        await place.contacts.request(ANN, BOB, "")
    listed, cursor = await place.contacts.blocked(BOB, "", 10)
    assert ([one.user_id for one in listed], cursor) == ([ANN], "")
    await place.contacts.block(BOB, ANN, on=False)
    assert (await place.contacts.request(ANN, BOB, "")).state is ContactState.ASKED


async def test_lists_come_in_pages():
    place = house()
    for other in (BOB, CEM):
        await agree(place, ANN, other)
        await place.contacts.block(ANN, other, on=True)
    first, cursor = await place.contacts.page(ANN, "contacts", "", 1)
    rest, end = await place.contacts.page(ANN, "contacts", cursor, 1)
    assert [one.user_id for one in (*first, *rest)] == [BOB, CEM]
    assert (cursor, end) == (BOB, "")
    blocked, cursor = await place.contacts.blocked(ANN, "", 1)
    assert (blocked[0].user_id, cursor) == (BOB, BOB)
    with pytest.raises(BadRequest):
        await place.contacts.page(ANN, "enemies", "", 1)
    with pytest.raises(BadRequest):
        await place.contacts.page(ANN, "contacts", "", 0)


async def test_a_page_is_never_longer_than_the_limit_however_much_is_asked_for():
    place = house(max_page=1)
    for other in (BOB, CEM):
        await agree(place, ANN, other)
        await place.contacts.block(ANN, other, on=True)
    for page, cursor in (
        await place.contacts.page(ANN, "contacts", "", 100),
        await place.contacts.blocked(ANN, "", 100),
    ):
        assert ([one.user_id for one in page], cursor) == ([BOB], BOB)


async def test_requests_that_ran_out_are_not_listed_and_then_forgotten():
    place = house(request_days=2)
    await place.contacts.request(ANN, BOB, "")
    place.hand.at += DAY_S
    await place.contacts.request(CEM, BOB, "")
    place.hand.at += DAY_S + 1
    listed, _ = await place.contacts.page(BOB, "requests", "", 10)
    assert [one.user_id for one in listed] == [CEM]
    told(place)
    assert await place.contacts.expire(10) == 2
    assert sorted(told(place)) == [(ANN, f"r:{BOB}", False), (BOB, f"r:{ANN}", False)]
    assert await place.contacts.expire(10) == 0


async def test_a_day_has_room_for_new_requests():
    place = house(max_requests_per_day=1)
    await place.contacts.request(ANN, BOB, "")
    with pytest.raises(Exception, match="as many people"):
        await place.contacts.request(ANN, CEM, "")
    place.hand.at += DAY_S + 1
    assert (await place.contacts.request(ANN, CEM, "")).state is ContactState.ASKED
