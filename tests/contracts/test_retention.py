"""What every driver of `ports.changes.Retention` promises."""

import pytest

from parlor.model.conversation import ConversationKind
from parlor.model.ids import ConversationId
from tests.support.storage import ANN, BOB, STORES, TALK

OTHER = ConversationId(str(2**52 + 3_000))


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB)
        await opened.add_talk(at_ms=10)
        await opened.add_talk(OTHER, (ANN, BOB), ConversationKind.GROUP, at_ms=10)
        for n in range(2, 10):
            await opened.say(f"{n}", at_ms=n * 10)
        yield opened


async def trim(stores, before_ms: int, limit: int = 100) -> int:
    removed, after = 0, None
    for _ in range(50):
        step = await stores.retention.trim(before_ms, after, limit)
        assert step.removed <= limit
        removed += int(step.removed)
        after = step.after
        if after is None:
            return removed
    raise AssertionError("the walk has no end")


async def seqs(stores, talk=TALK) -> list[int]:
    events, _ = await stores.messages.events(talk, 0, None, 100)
    return [event.seq for event in events]


async def test_what_is_old_goes_from_the_beginning(stores):
    assert await trim(stores, 50) == 4
    assert await seqs(stores) == [5, 6, 7, 8, 9]
    view = await stores.conversations.view(TALK, ANN)
    assert (view.history_from, view.last_seq, view.last_event.seq) == (5, 9, 9)
    (head,) = [one for one in await stores.changes.heads(ANN, None, 10) if one.id == TALK]
    assert head.first_seq == 5


async def test_the_last_event_stays_however_old(stores):
    await trim(stores, 10_000)
    assert (await seqs(stores), await seqs(stores, OTHER)) == ([9], [1])
    assert await trim(stores, 10_000) == 0


async def test_nothing_young_goes(stores):
    assert await trim(stores, 10) == 0
    assert (await stores.conversations.view(TALK, ANN)).history_from == 0


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_small_steps_end_with_the_same(stores, limit):
    assert await trim(stores, 70, limit) == 6
    assert await seqs(stores) == [7, 8, 9]


async def test_what_is_said_afterwards_follows(stores):
    await trim(stores, 50)
    event = await stores.say("next", at_ms=500)
    assert event.seq == 10
    assert await seqs(stores) == [5, 6, 7, 8, 9, 10]


async def test_an_old_event_behind_a_young_one_stays(stores):
    """A clock that was set back leaves no gap in the log."""
    await stores.say("from the past", at_ms=20)
    await trim(stores, 50)
    assert await seqs(stores) == [5, 6, 7, 8, 9, 10]
