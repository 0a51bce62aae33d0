import pytest

from parlor.im.members import Rosters
from parlor.im.people_settings import PeopleSettings
from parlor.im.typing import TYPING_S, Typing
from parlor.model.conversation import ConversationKind
from parlor.model.errors import NotFound, NotMember
from parlor.model.ids import ConversationId
from parlor.model.status import State, Status
from parlor.wire.native.pushes import TypingPush
from tests.support.steady import CountingMeter, HandClock
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE, TALK, sqlite_stores

GROUP = ConversationId(str(2**52 + 2_000))


class Hints:
    def __init__(self):
        self.given = []

    async def hint(self, users, payload, *, not_to=None):
        self.given.append((tuple(users), payload))


@pytest.fixture
async def place(tmp_path):
    async with sqlite_stores(tmp_path) as stores:
        await stores.add_people(ANN, BOB, CEM, DAN)
        await stores.add_talk()
        await stores.add_talk(GROUP, (ANN, BOB, CEM), ConversationKind.GROUP)
        yield Place(stores)


class Place:
    def __init__(self, stores, **settings):
        self.stores, self.hints = stores, Hints()
        self.clock, self.meter = HandClock(), CountingMeter()
        chosen = PeopleSettings(**settings)
        self.typing = Typing(
            stores.conversations,
            Rosters(stores.conversations, self.clock, 100),
            stores.profiles,
            self.hints,
            self.clock,
            self.meter,
            chosen,
        )

    async def types(self, user=ANN, talk=TALK, *, on=True):
        """What it made others hear."""
        self.hints.given.clear()
        await self.typing.set(user, talk, on=on)
        return self.hints.given


async def test_the_others_hear_of_it_and_that_it_ends(place):
    assert await place.types() == [((BOB,), TypingPush(TALK, ANN, True, TYPING_S))]
    assert await place.types(on=False) == [((BOB,), TypingPush(TALK, ANN, False, TYPING_S))]
    ((users, _),) = await place.types(BOB, GROUP)
    assert sorted(users) == [ANN, CEM]


async def test_nothing_of_it_is_stored(place):
    before = await place.stores.conversations.get(TALK)
    await place.types()
    assert await place.stores.conversations.get(TALK) == before
    events, last_seq = await place.stores.messages.events(TALK, 0, None, 10)
    assert last_seq == len(events) == 1


async def test_it_is_not_told_more_often_than_now_and_then(place):
    await place.types()
    place.clock.at += 1.9
    assert await place.types() == []
    assert place.meter.counted["typing_held_back_total"] == 1
    assert await place.types(talk=GROUP) != []
    place.clock.at += 0.2
    assert await place.types() != []


async def test_an_end_is_told_once_and_only_after_a_beginning(place):
    assert await place.types(on=False) == []
    await place.types()
    assert await place.types(on=False) != []
    assert await place.types(on=False) == []
    await place.types()
    place.clock.at += TYPING_S
    assert await place.types(on=False) == []


async def test_only_members_type_there(place):
    with pytest.raises(NotMember):
        await place.types(DAN)
    with pytest.raises(NotFound):
        await place.types(ANN, NOWHERE)
    assert place.hints.given == []


async def test_a_place_where_one_may_not_type_is_not_remembered(place):
    for talk, refused in ((TALK, NotMember), (NOWHERE, NotFound), ("x" * 60_000, NotFound)):
        for _ in range(2):
            with pytest.raises(refused):
                await place.types(DAN, talk)
    assert place.typing.remembered == 0


async def test_in_a_large_group_nobody_is_told(place):
    large = Place(place.stores, typing_group_members=2)
    assert await large.types(talk=GROUP) == []
    assert await large.types() != []


async def test_whoever_hides_types_unseen(place):
    await place.stores.profiles.set_status(ANN, Status(State.INVISIBLE), 1)
    assert await place.types() == []


async def test_whoever_is_barred_types_unseen(place):
    from parlor.im import relating

    await place.stores.relations.change(
        BOB, ANN, lambda pair: relating.block(pair, 1, PeopleSettings()), 1
    )
    assert await place.types(ANN) == []
    assert await place.types(BOB) == []


async def test_a_place_is_remembered_once(place):
    for number in range(3):
        await place.types(talk=(TALK, GROUP, TALK)[number])
        place.clock.at += TYPING_S
    assert place.typing.remembered == 2 <= place.typing.limit


async def test_who_goes_on_typing_is_told_of_no_more_often_than_the_setting_says(place):
    slow = Place(place.stores, typing_each_s=3.0)
    told = []
    for _ in range(7):
        told.append(len(await slow.types()))
        slow.clock.at += 1.0
    assert told == [1, 0, 0, 1, 0, 0, 1]
