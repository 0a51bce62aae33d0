"""What every driver of conversations promises of `ConversationView.mentioned_seq`."""

import msgspec
import pytest
from sqlalchemy import func, select

from parlor.drivers.sql.mentions import KEPT_EVENTS
from parlor.drivers.sql.message_tables import mentions
from parlor.drivers.sql.tables import conversations
from parlor.model.conversation import ConversationKind
from parlor.model.event import Draft, EventKind
from parlor.model.standing import Act
from tests.support.storage import ANN, BOB, CEM, STORES, TALK, message


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    """A group of three: event 1 has made it."""
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk(TALK, (ANN, BOB, CEM), ConversationKind.GROUP, at_ms=1)
        yield opened


async def call(stores, text, *users, everybody=False, sender=ANN):
    draft = msgspec.structs.replace(message(text, sender), mentions=users, mentions_all=everybody)
    event, _ = await stores.messages.append(draft, 5)
    return event.seq


async def mentioned(stores, user):
    """As the list, the conversation alone and catching up say it."""
    alone = (await stores.conversations.view(TALK, user)).mentioned_seq
    (listed,) = await stores.conversations.views(user, None, 10)
    caught_up = await stores.changes.views(user, [TALK])
    assert [listed.mentioned_seq, caught_up[TALK].mentioned_seq] == [alone, alone]
    return alone


async def kept(stores):
    wanted = select(func.count()).select_from(mentions)
    return await stores.database.read(lambda db: db.execute(wanted).scalar_one())


async def test_the_first_unread_message_that_mentions_one_is_said(stores):
    await stores.say("nobody in particular")
    assert await mentioned(stores, BOB) == 0
    first = await call(stores, "a", BOB)
    await call(stores, "b", BOB, CEM)
    assert [await mentioned(stores, user) for user in (ANN, BOB, CEM)] == [0, first, first + 1]


async def test_a_message_to_everybody_mentions_all_but_its_sender(stores):
    named = await call(stores, "a", CEM)
    to_all = await call(stores, "b", everybody=True)
    assert [await mentioned(stores, user) for user in (ANN, BOB, CEM)] == [0, to_all, named]


async def test_reading_goes_on_to_the_next_mention(stores):
    first = await call(stores, "a", BOB)
    second = await call(stores, "b", everybody=True)
    await stores.read_up_to(first, BOB)
    assert await mentioned(stores, BOB) == second
    await stores.read_up_to(second, BOB)
    assert await mentioned(stores, BOB) == 0


async def test_several_in_one_message_and_of_oneself_are_stored_once(stores):
    seq = await call(stores, "a", BOB, BOB, ANN, everybody=True)
    assert [await mentioned(stores, user) for user in (ANN, BOB)] == [0, seq]
    assert await call(stores, "a", BOB) == seq
    assert await kept(stores) == 3


async def test_a_message_that_was_taken_back_mentions_nobody(stores):
    seq = await call(stores, "a", BOB, everybody=True)
    later = await call(stores, "b", BOB)
    recall = Draft(TALK, EventKind.RECALL, ANN, "back", target=seq)
    act = Act(TALK, ANN, "back", target=seq)
    await stores.messages.act(act, lambda _: recall, 6)
    assert [await mentioned(stores, user) for user in (BOB, CEM)] == [later, 0]


async def test_whoever_left_is_mentioned_no_more(stores):
    await call(stores, "a", BOB, CEM)
    left = Draft(TALK, EventKind.LEFT, BOB, "bye", members=(BOB,))
    await stores.messages.act(Act(TALK, BOB, "bye", (BOB,)), lambda _: left, 6)
    assert await kept(stores) == 1


async def test_mentions_go_with_the_messages_that_are_not_kept(stores):
    await call(stores, "a", BOB)
    young, _ = await stores.messages.append(message("young"), 1_000)
    await stores.retention.trim(1_000, None, 100)
    assert await mentioned(stores, BOB) == 0
    assert await kept(stores) == 0
    assert young.seq == 3


async def test_a_mention_far_behind_the_newest_is_forgotten(stores):
    old = await call(stores, "a", BOB, CEM, everybody=True)
    jump = conversations.update().values(last_seq=old + KEPT_EVENTS - 1)
    await stores.database.write(lambda db: db.execute(jump))
    newest = await call(stores, "b", BOB)
    assert newest == old + KEPT_EVENTS
    # Of Bob alone, whom the new one names.
    assert await kept(stores) == 3
