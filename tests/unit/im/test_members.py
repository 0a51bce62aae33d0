import asyncio

import pytest

from parlor.im.members import STAYS_LARGE, Rosters
from parlor.model.conversation import ConversationKind
from parlor.model.errors import NotFound
from parlor.model.event import Draft, EventKind
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Act
from tests.support.steady import HandClock
from tests.support.storage import ANN, BOB, CEM, NOWHERE, TALK, sqlite_stores

OTHER = ConversationId("77")


class Counted:
    """A store that counts how often it is asked for members."""

    def __init__(self, conversations):
        self._conversations = conversations
        self.asked = self.largest_page = 0

    def __getattr__(self, name):
        return getattr(self._conversations, name)

    async def members(self, id, after, limit):
        self.asked += 1
        self.largest_page = max(self.largest_page, limit)
        return await self._conversations.members(id, after, limit)


@pytest.fixture
async def stores(tmp_path):
    async with sqlite_stores(tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk()
        await opened.add_talk(OTHER, (ANN, CEM))
        yield opened


async def test_members_are_asked_for_once(stores):
    counted = Counted(stores.conversations)
    rosters = Rosters(counted, HandClock(), limit=100)
    for _ in range(3):
        assert list(await rosters.of(TALK) or ()) == [ANN, BOB]
    assert counted.asked == 1


async def test_members_that_have_changed_are_asked_for_again(stores):
    counted = Counted(stores.conversations)
    rosters = Rosters(counted, HandClock(), limit=100)
    await rosters.of(TALK)
    rosters.forget(TALK)
    rosters.forget(NOWHERE)
    await rosters.of(TALK)
    assert counted.asked == 2


async def test_who_was_put_out_elsewhere_is_not_told_for_ever(stores):
    """By another process, whose changes nobody announces here."""
    clock = HandClock()
    rosters = Rosters(stores.conversations, clock, limit=100, kept_s=60)
    await rosters.of(TALK)
    gone = Draft(TALK, EventKind.LEFT, ANN, members=(BOB,))
    await stores.messages.act(Act(TALK, ANN), lambda _: gone, 9)
    clock.at += 59
    assert list(await rosters.of(TALK) or ()) == [ANN, BOB]
    clock.at += 1
    assert list(await rosters.of(TALK) or ()) == [ANN]
    assert rosters.remembered == 1


async def test_members_that_change_while_being_loaded_are_not_kept(stores):
    counted = Counted(stores.conversations)
    rosters = Rosters(counted, HandClock(), limit=100)
    loading = asyncio.ensure_future(rosters.of(TALK))
    await asyncio.sleep(0)
    rosters.forget(TALK)
    await loading
    await rosters.of(TALK)
    assert counted.asked == 2


async def test_memory_is_bounded_by_memberships(stores):
    counted = Counted(stores.conversations)
    rosters = Rosters(counted, HandClock(), limit=3)
    for conversation in (TALK, OTHER, OTHER, TALK):
        await rosters.of(conversation)
    assert counted.asked == 3
    assert rosters._size <= 3


async def test_a_group_of_thousands_is_loaded_whole(stores):
    people = [UserId(str(n)) for n in range(1, 2_101)]
    await asyncio.gather(*(stores.add_people(person) for person in people))
    big = ConversationId("78")
    await stores.add_talk(big, people, ConversationKind.GROUP)
    assert (
        list(await Rosters(stores.conversations, HandClock(), 10_000, 10_000).of(big) or ())
        == people
    )


async def test_an_unknown_conversation_has_no_members(stores):
    with pytest.raises(NotFound):
        await Rosters(stores.conversations, HandClock(), limit=10).of(NOWHERE)


async def test_of_too_many_only_that_is_known_after_one_bounded_question(stores):
    counted = Counted(stores.conversations)
    rosters = Rosters(counted, HandClock(), limit=100, largest=1)
    for _ in range(3):
        assert await rosters.of(TALK) is None
    assert (counted.asked, counted.largest_page) == (1, 2)
    assert rosters.remembered == 0


async def test_a_large_conversation_is_looked_at_again_after_many_changes(stores):
    counted = Counted(stores.conversations)
    rosters = Rosters(counted, HandClock(), limit=100, largest=1)
    for _ in range(STAYS_LARGE):
        await rosters.of(TALK)
        rosters.forget(TALK)
    assert counted.asked == 1
    await rosters.of(TALK)
    assert counted.asked == 2
