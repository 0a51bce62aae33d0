"""What every driver of `ports.message_states` promises, and what events make of messages."""

import asyncio

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlor.model.conversation import ConversationKind
from parlor.model.errors import Forbidden
from parlor.model.event import Draft, Event, EventKind, Forwarded
from parlor.model.ids import UserId
from parlor.model.message_state import MessageState, Reaction
from parlor.model.message_views import Reactor
from parlor.model.standing import Act, Standing
from tests.support.storage import (
    ANN,
    BOB,
    CEM,
    DAN,
    EMBEDDED,
    NOWHERE,
    SERVERS,
    STORES,
    TALK,
    Stores,
    message,
)

SAID = 2
"""The seq of the first message."""


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM, DAN)
        await opened.add_talk(people=(ANN, BOB, CEM, DAN), kind=ConversationKind.GROUP)
        yield opened


async def do(stores: Stores, kind: EventKind, who: UserId = ANN, target: int = SAID, **fields):
    """The event of an act that nobody refuses."""
    draft = Draft(TALK, kind, who, target=target, **fields)
    event, _ = await stores.messages.act(Act(TALK, who, target=target), lambda _: draft, 9)
    assert event is not None
    return event


async def state_of(stores: Stores, seq: int = SAID, reader: UserId = BOB):
    """As `reader` sees it; None when there is no state."""
    states = await stores.states.of(TALK, [seq], reader)
    return states[0] if states else None


async def event_at(stores: Stores, seq: int) -> Event:
    (event,) = await stores.states.events(TALK, [seq])
    return event


async def test_a_message_that_nothing_has_happened_to_has_no_state(stores):
    await stores.say("hello")
    assert await state_of(stores) is None


async def test_an_edit_is_what_the_message_says_and_the_log_keeps_what_it_said(stores):
    await stores.say("one")
    first = await do(stores, EventKind.EDIT, text="two")
    second = await do(stores, EventKind.EDIT, text="three")
    assert await state_of(stores) == MessageState(
        SAID, second.seq, text="three", edits=(first.seq, second.seq)
    )
    assert (await event_at(stores, SAID)).text == "one"
    assert (await event_at(stores, first.seq)).text == "two"


async def test_what_is_recalled_can_be_read_nowhere_any_more(stores):
    draft = Draft(
        TALK,
        EventKind.MESSAGE,
        ANN,
        "c",
        "secret",
        mentions=(BOB,),
        mentions_all=True,
        reply_to=1,
        forwarded=Forwarded(CEM, 1),
        merged=(Forwarded(CEM, 1, "secret"),),
    )
    await stores.messages.append(draft, 5)
    edit = await do(stores, EventKind.EDIT, text="secret too", mentions=(BOB,))
    await do(stores, EventKind.REACTION, BOB, emoji="👍")
    await do(stores, EventKind.PIN)
    recall = await do(stores, EventKind.RECALL, BOB)
    assert await state_of(stores) == MessageState(SAID, recall.seq, recalled_by=BOB)
    for seq in (SAID, edit.seq):
        left = await event_at(stores, seq)
        said = (left.text, left.mentions, left.mentions_all, left.reply_to)
        assert said == ("", (), False, 0)
        assert (left.forwarded, left.merged) == (None, ())
    assert (await event_at(stores, edit.seq)).target == SAID
    again, created = await stores.messages.append(draft, 6)
    assert (again, created) == (await event_at(stores, SAID), False)
    assert await stores.states.reactors(TALK, SAID, "", 0, 10) == []
    assert await stores.states.pinned(TALK, None, 10) == []


async def test_reactions_are_counted_and_the_first_are_named(stores):
    await stores.say("hello")
    for who in (CEM, ANN, BOB):
        await do(stores, EventKind.REACTION, who, emoji="👍")
    await do(stores, EventKind.REACTION, ANN, emoji="🎉")
    assert (await state_of(stores, reader=BOB)).reactions == (
        Reaction("👍", 3, (CEM, ANN, BOB), mine=True),
        Reaction("🎉", 1, (ANN,)),
    )
    assert [one.mine for one in (await state_of(stores, reader=DAN)).reactions] == [False, False]
    await do(stores, EventKind.REACTION, CEM, emoji="👍", off=True)
    last = await do(stores, EventKind.REACTION, ANN, emoji="🎉", off=True)
    assert await state_of(stores, reader=ANN) == MessageState(
        SAID, last.seq, reactions=(Reaction("👍", 2, (ANN, BOB), mine=True),)
    )


async def test_only_so_many_are_named_and_the_next_moves_up(stores):
    crowd = [UserId(str(2**52 + 100 + n)) for n in range(7)]
    await stores.add_people(*crowd)
    await stores.say("hello")
    for who in crowd:
        await do(stores, EventKind.REACTION, who, emoji="👍")
    (reaction,) = (await state_of(stores)).reactions
    assert (reaction.count, reaction.users) == (7, tuple(crowd[:5]))
    await do(stores, EventKind.REACTION, crowd[1], emoji="👍", off=True)
    (reaction,) = (await state_of(stores)).reactions
    assert (reaction.count, reaction.users) == (6, (crowd[0], *crowd[2:6]))


async def test_emoji_that_look_alike_to_a_database_are_different(stores):
    await stores.say("hello")
    for emoji in ("👍", "👎", "👍🏽", "❤", "❤️"):
        await do(stores, EventKind.REACTION, ANN, emoji=emoji)
    await do(stores, EventKind.REACTION, ANN, emoji="👎", off=True)
    given = (await state_of(stores, reader=ANN)).reactions
    assert [one.emoji for one in given] == ["👍", "👍🏽", "❤", "❤️"]
    assert all(one.mine and one.count == 1 for one in given)


async def test_who_reacted_is_paged_in_the_order_they_did(stores):
    await stores.say("hello")
    seqs = [
        (await do(stores, EventKind.REACTION, who, emoji=emoji)).seq
        for who, emoji in ((DAN, "👍"), (ANN, "🎉"), (CEM, "👍"))
    ]
    everybody = [
        Reactor(DAN, "👍", seqs[0]),
        Reactor(ANN, "🎉", seqs[1]),
        Reactor(CEM, "👍", seqs[2]),
    ]
    assert list(await stores.states.reactors(TALK, SAID, "", 0, 2)) == everybody[:2]
    assert list(await stores.states.reactors(TALK, SAID, "", seqs[1], 2)) == everybody[2:]
    assert list(await stores.states.reactors(TALK, SAID, "👍", 0, 9)) == everybody[::2]


async def test_pins_are_listed_the_latest_first(stores):
    for text in ("one", "two", "three"):
        await stores.say(text)
    pins = [(await do(stores, EventKind.PIN, target=seq)).seq for seq in (3, 2, 4)]
    assert await stores.states.pinned(TALK, None, 2) == [(pins[2], 4), (pins[1], 2)]
    assert await stores.states.pinned(TALK, pins[1], 2) == [(pins[0], 3)]
    await do(stores, EventKind.PIN, target=2, off=True)
    assert await stores.states.pinned(TALK, None, 9) == [(pins[2], 4), (pins[0], 3)]
    assert not (await state_of(stores, 2)).pinned


async def test_a_decision_knows_how_the_message_stands(stores):
    await stores.say("hello")
    await do(stores, EventKind.REACTION, BOB, emoji="👍")
    await do(stores, EventKind.REACTION, ANN, emoji="🎉")
    await do(stores, EventKind.PIN)
    seen: list[Standing] = []
    await stores.messages.act(Act(TALK, BOB, target=SAID), seen.append, 9)
    (facts,) = seen
    assert (facts.reactions, facts.pins) == (frozenset({"👍"}), 1)
    assert facts.state is not None
    assert facts.state.pinned
    assert [(one.emoji, one.count) for one in facts.state.reactions] == [("👍", 1), ("🎉", 1)]


async def test_an_act_that_is_refused_leaves_no_state(stores):
    await stores.say("hello")

    def refuse(_):
        raise Forbidden

    with pytest.raises(Forbidden):
        await stores.messages.act(Act(TALK, ANN, target=SAID), refuse, 9)
    assert await state_of(stores) is None


async def test_what_has_expired_is_gone_and_its_event_stays(stores):
    for number, expires_at in enumerate((50, 60, 0)):
        draft = Draft(TALK, EventKind.MESSAGE, ANN, f"{number}", "secret", expires_at=expires_at)
        await stores.messages.append(draft, 5)
    edit = await do(stores, EventKind.EDIT, text="secret too", expires_at=50)
    await do(stores, EventKind.REACTION, BOB, emoji="👍")
    await do(stores, EventKind.PIN)
    assert await stores.states.next_expiry_ms() == 50
    assert await stores.states.expire(49, 10) == 0
    assert await stores.states.expire(50, 10) == 2
    for seq in (SAID, edit.seq):
        gone = await event_at(stores, seq)
        assert (gone.text, gone.expires_at) == ("", 50)
    assert await state_of(stores) is None
    assert await stores.states.reactors(TALK, SAID, "", 0, 10) == []
    assert (await event_at(stores, SAID + 1)).text == "secret"
    assert await stores.states.next_expiry_ms() == 60
    assert await stores.states.expire(60, 10) == 1
    assert await stores.states.next_expiry_ms() is None
    assert (await event_at(stores, SAID + 2)).text == "secret"


async def test_no_more_expire_at_a_time_than_asked(stores):
    for number in range(5):
        draft = Draft(TALK, EventKind.MESSAGE, ANN, f"{number}", "x", expires_at=50)
        await stores.messages.append(draft, 5)
    assert [await stores.states.expire(50, 2) for _ in range(4)] == [2, 2, 1, 0]


async def test_two_processes_that_take_away_at_once_hinder_nobody(stores):
    for number in range(20):
        draft = Draft(TALK, EventKind.MESSAGE, ANN, f"{number}", "x", expires_at=50)
        await stores.messages.append(draft, 5)
    gone = await asyncio.gather(*(stores.states.expire(50, 20) for _ in range(3)))
    assert sum(gone) >= 20
    assert await stores.texts() == [""] * 20


async def test_a_message_recalled_before_it_expires_stays_recalled(stores):
    draft = Draft(TALK, EventKind.MESSAGE, ANN, "c", "x", expires_at=50)
    await stores.messages.append(draft, 5)
    await do(stores, EventKind.RECALL)
    assert await stores.states.expire(50, 10) == 1
    assert (await event_at(stores, SAID)).text == ""


async def test_a_conversation_that_is_not_there_has_nothing(stores):
    states = stores.states
    for nowhere in (NOWHERE, "", "x", "\ud800"):
        assert list(await states.of(nowhere, [1], ANN)) == []
        assert list(await states.events(nowhere, [1])) == []
        assert list(await states.pinned(nowhere, None, 5)) == []
        assert list(await states.reactors(nowhere, 1, "", 0, 5)) == []
    assert list(await states.of(TALK, [], ANN)) == []
    assert list(await states.events(TALK, [])) == []


_ACTS = st.lists(
    st.tuples(
        st.sampled_from([ANN, BOB, CEM]),
        st.sampled_from(["👍", "🎉", "❤️"]),
        st.booleans(),
    ),
    max_size=30,
)


async def _adds_up(kinds, tmp_path, acts):
    for name, opened in kinds.items():
        folder = tmp_path / name / str(len(list(tmp_path.glob("*/*"))))
        async with opened(folder) as stores:
            await stores.add_people(ANN, BOB, CEM)
            await stores.add_talk(people=(ANN, BOB, CEM), kind=ConversationKind.GROUP)
            await stores.messages.append(message("hello"), 5)
            given: dict[str, list[UserId]] = {}
            for who, emoji, off in acts:
                there = who in given.get(emoji, [])
                if there != off:
                    continue
                await do(stores, EventKind.REACTION, who, emoji=emoji, off=off)
                if off:
                    given[emoji].remove(who)
                    given = {key: users for key, users in given.items() if users}
                else:
                    given.setdefault(emoji, []).append(who)
            state = await state_of(stores, reader=BOB)
            assert (() if state is None else state.reactions) == tuple(
                Reaction(emoji, len(users), tuple(users), BOB in users)
                for emoji, users in given.items()
            )


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=_ACTS)
async def test_the_summary_is_what_the_reactions_add_up_to(tmp_path, acts):
    await _adds_up(EMBEDDED, tmp_path, acts)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=_ACTS)
async def test_so_it_is_on_database_servers(tmp_path, acts):
    await _adds_up(SERVERS, tmp_path, acts)


async def test_what_says_nothing_any_more_is_not_unread(stores):
    async def unread():
        view = await stores.conversations.view(TALK, BOB)
        assert view is not None
        position = await stores.conversations.set_read(TALK, BOB, 1, 9)
        assert position[1] == view.unread
        return view.unread

    for name in ("one", "two", "three"):
        await stores.say(name)
    others = Draft(
        TALK, EventKind.MESSAGE, ANN, "m", merged=(Forwarded(CEM, 1, "said"),), silent=True
    )
    await stores.messages.append(others, 5)
    again = msgspec.structs.replace(
        others, client_id="f", forwarded=Forwarded(ANN, 1, ""), silent=False
    )
    await stores.messages.append(again, 5)
    for n, lasts_ms in enumerate((20, 90)):
        passing = Draft(TALK, EventKind.MESSAGE, ANN, f"e{n}", "soon gone", expires_at=lasts_ms)
        await stores.messages.append(passing, 5)
    assert await unread() == 7
    await stores.states.expire(30, 10)
    assert await unread() == 6
    for seq in (2, 3, 4):
        await do(stores, EventKind.RECALL, target=seq)
    assert await unread() == 3
    for left, seq in ((2, 5), (1, 6)):
        await do(stores, EventKind.RECALL, target=seq)
        assert await unread() == left
