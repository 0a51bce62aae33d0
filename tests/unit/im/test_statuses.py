import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.im.profiles import PrivacyWish
from parlor.im.statuses import PEOPLE_SUBJECT, PeopleChange, parse_change
from parlor.model.errors import BadRequest, RateLimited, TextTooLong, WireError
from parlor.model.people import Who
from parlor.model.status import Presence, State, Status
from tests.support.people_services import Counts, people_house
from tests.support.storage import ANN, BOB, CEM, NOBODY


def house(**settings):
    counts = Counts()
    return people_house(ANN, BOB, CEM, counts=counts, **settings), counts.there


async def seen(place, viewer, user):
    (presence,) = await place.statuses.seen(viewer, [user])
    return presence


async def test_one_connection_of_many_devices_is_enough_to_be_there():
    place, there = house()
    assert (await seen(place, BOB, ANN)).state is State.OFFLINE
    for connections in (1, 3, 1):
        there[ANN] = connections
        assert (await seen(place, BOB, ANN)).state is State.ONLINE
    there[ANN] = 0
    assert (await seen(place, BOB, ANN)).state is State.OFFLINE


@pytest.mark.parametrize("state", sorted(set(State) - {State.OFFLINE, State.INVISIBLE}))
async def test_what_was_chosen_is_seen_with_its_text(state):
    place, there = house()
    there[ANN] = 1
    assert await place.statuses.set(ANN, state, " tea ") == Status(state, "tea")
    assert await seen(place, BOB, ANN) == Presence(ANN, state, "tea")


async def test_whoever_is_invisible_looks_offline_to_all_but_themselves():
    place, there = house()
    there[ANN] = 1
    await place.statuses.set(ANN, State.INVISIBLE, "secret")
    assert await seen(place, BOB, ANN) == Presence(ANN)
    assert (await seen(place, ANN, ANN)).state is State.INVISIBLE


async def test_nobody_chooses_offline_or_a_novel():
    place, _ = house(max_status_chars=3)
    with pytest.raises(BadRequest):
        await place.statuses.set(ANN, State.OFFLINE, "")
    with pytest.raises(TextTooLong):
        await place.statuses.set(ANN, State.BUSY, "1234")


async def test_a_status_is_not_changed_too_often():
    place, _ = house(status_per_minute=2)
    for text in ("a", "b"):
        await place.statuses.set(ANN, State.BUSY, text)
    with pytest.raises(RateLimited) as refused:
        await place.statuses.set(ANN, State.BUSY, "c")
    assert 0 < refused.value.retry_after_s <= 30
    await place.statuses.set(BOB, State.BUSY, "c")


async def test_privacy_and_blocks_hide():
    place, there = house()
    there[ANN] = there[BOB] = 1
    await place.profiles.set_privacy(ANN, PrivacyWish(presence=Who.CONTACTS))
    assert (await seen(place, BOB, ANN)).state is State.OFFLINE
    await place.contacts.request(ANN, BOB, "")
    await place.contacts.decide(BOB, ANN, accept=True)
    assert (await seen(place, BOB, ANN)).state is State.ONLINE
    await place.contacts.block(ANN, BOB, on=True)
    assert (await seen(place, BOB, ANN)).state is State.OFFLINE
    assert (await seen(place, ANN, BOB)).state is State.OFFLINE


async def test_each_is_answered_once_and_strangers_to_the_server_are_offline():
    place, _ = house(max_watched=3)
    answers = await place.statuses.seen(ANN, [BOB, NOBODY, BOB, CEM])
    assert [presence.user_id for presence in answers] == [BOB, NOBODY, CEM]
    assert answers[1] == Presence(NOBODY)
    with pytest.raises(BadRequest):
        await place.statuses.seen(ANN, [ANN, BOB, CEM, NOBODY])


async def test_every_process_hears_of_a_change():
    place, _ = house()
    async with place.bus.subscribe(PEOPLE_SUBJECT) as messages:
        await place.statuses.set(ANN, State.AWAY, "")
        await place.statuses.came_or_left([BOB, CEM])
        heard = aiter(messages)
        first, second = parse_change(await anext(heard)), parse_change(await anext(heard))
    now = place.hand.unix_ms()
    assert (first, second) == (
        PeopleChange((ANN,), True, now),
        PeopleChange((BOB, CEM), False, now),
    )


@given(st.binary(max_size=40))
def test_what_is_no_change_is_refused_in_one_way(message):
    try:
        parse_change(message)
    except WireError:
        return
    assert message
