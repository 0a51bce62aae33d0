"""What every driver of `ports.messages` promises of acts: decided, stored and applied as one."""

import asyncio
from typing import Any

import pytest

from parlor.model.errors import Forbidden, NotFound
from parlor.model.event import Draft, EventKind
from parlor.model.group import Role
from parlor.model.standing import Act
from tests.support.storage import ANN, BOB, CEM, NOWHERE, STORES, TALK, message


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk()
        yield opened


def titled(title, client_id=""):
    act = Act(TALK, ANN, client_id)
    return act, lambda _: Draft(TALK, EventKind.TITLE, ANN, title=title)


async def test_an_act_is_the_next_event_and_changes_the_conversation(stores):
    event, created = await stores.messages.act(*titled("New"), 77)
    assert (event.seq, event.title, event.sent_at, created) == (2, "New", 77, True)
    assert (await stores.conversations.get(TALK)).title == "New"
    events, last_seq = await stores.messages.events(TALK, 1, None, 10)
    assert (list(events), last_seq) == ([event], 2)


async def test_a_repeated_act_is_answered_with_the_first_and_decided_once(stores):
    first, _ = await stores.messages.act(*titled("New", "c-1"), 77)
    again, created = await stores.messages.act(*titled("Other", "c-1"), 99)
    assert (again, created) == (first, False)
    assert (await stores.conversations.get(TALK)).title == "New"


async def test_what_the_decision_raises_is_raised_and_nothing_is_stored(stores):
    def refuse(_):
        raise Forbidden

    with pytest.raises(Forbidden):
        await stores.messages.act(Act(TALK, ANN), refuse, 5)
    assert (await stores.conversations.get(TALK)).last_seq == 1


async def test_a_decision_to_do_nothing_stores_nothing(stores):
    assert await stores.messages.act(Act(TALK, ANN), lambda _: None, 5) == (None, False)
    assert (await stores.conversations.get(TALK)).last_seq == 1


async def test_the_facts_are_those_of_the_people_and_the_message_asked_for(stores):
    said, _ = await stores.messages.append(message("hello"), 5)
    seen: list[Any] = []
    act = Act(TALK, BOB, about=(ANN, CEM), target=said.seq)
    await stores.messages.act(act, seen.append, 6)
    (standing,) = seen
    assert standing.conversation == await stores.conversations.get(TALK)
    assert standing.member.user_id == BOB
    assert {user: member.role for user, member in standing.others.items()} == {
        ANN: Role.OWNER,
        **({CEM: Role.MEMBER} if CEM in standing.others else {}),
    }
    assert standing.target == said
    assert (standing.state, standing.reactions, standing.pins) == (None, frozenset(), 0)


async def test_acts_at_once_are_decided_one_after_the_other(stores):
    seen: list[Any] = []

    def decide(standing):
        seen.append(standing.conversation.last_seq)
        return Draft(TALK, EventKind.TITLE, ANN, title=f"{len(seen)}")

    await asyncio.gather(*(stores.messages.act(Act(TALK, ANN), decide, 5) for _ in range(20)))
    assert seen == list(range(1, 21))


async def test_an_act_on_what_is_not_there_is_refused(stores):
    with pytest.raises(NotFound):
        await stores.messages.act(Act(NOWHERE, ANN), lambda _: None, 5)
