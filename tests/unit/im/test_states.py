import pytest

from parlor.im.message_settings import MessageSettings
from parlor.model.errors import BadEmoji, BadRequest, MessageGone, NotFound, NotMember
from parlor.model.ids import ConversationId, UserId
from tests.support.storage import ANN, BOB, CEM, NOBODY, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, of_messages=MessageSettings()) as opened:
        yield opened


@pytest.fixture
def states(talk):
    return talk.messaging.states


@pytest.fixture
def acts(talk):
    return talk.messaging.acts


def questions(states, user, conversation, seq):
    return {
        "pins": lambda: states.pins(user, conversation, None, 10),
        "history": lambda: states.history(user, conversation, seq),
        "reactions": lambda: states.reactions(user, conversation, seq, "", 0, 10),
        "readable": lambda: states.readable(user, conversation, [seq]),
    }


@pytest.mark.parametrize("question", ["pins", "history", "reactions", "readable"])
async def test_who_is_not_a_member_reads_nothing(talk, states, question):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "secret")
    for stranger in (CEM, NOBODY, UserId("x")):
        with pytest.raises(NotMember):
            await questions(states, stranger, group, seq)[question]()
    for nowhere in (NOWHERE, "", "x"):
        with pytest.raises(NotFound):
            await questions(states, ANN, ConversationId(nowhere), seq)[question]()


@pytest.mark.parametrize("question", ["history", "reactions", "readable"])
@pytest.mark.parametrize("seq", [-1, 0, 1, 3, 2**53, 10**30])
async def test_only_messages_that_exist_are_read(talk, states, question, seq):
    group = await talk.group(ANN, BOB)
    await talk.say(ANN, group, "hello")
    with pytest.raises(BadRequest):
        await questions(states, ANN, group, seq)[question]()


async def test_the_history_begins_with_what_was_said_first(talk, states, acts):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "one")
    at_ms = talk.clock.unix_ms()
    talk.clock.at += 5
    edit, _ = await acts.edit(ANN, direct, seq, "e", "two")
    versions = await states.history(BOB, direct, seq)
    assert [(one.seq, one.at_ms, one.text) for one in versions] == [
        (seq, at_ms, "one"),
        (edit.seq, at_ms + 5_000, "two"),
    ]


async def test_what_was_recalled_is_nowhere_to_be_read(talk, states, acts):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "secret")
    answer = await talk.send.text(BOB, direct, "r", "really?", reply_to=seq)
    await acts.edit(ANN, direct, seq, "e", "secret too")
    await acts.pin(BOB, direct, seq, "p")
    await acts.recall(ANN, direct, seq, "x")
    for question in ("history", "reactions", "readable"):
        with pytest.raises(MessageGone):
            await questions(states, BOB, direct, seq)[question]()
    assert await states.pins(BOB, direct, None, 10) == ([], 0)
    events, _, _ = await talk.sync.events(BOB, direct, None, None, 50)
    assert {event.text for event in events} == {"", "really?"}
    assert answer[0].reply_to == seq
    (state,) = await states.of(BOB, direct, events)
    assert (state.seq, state.recalled_by, state.text) == (seq, ANN, None)


async def test_what_expires_is_gone_in_that_moment_whoever_takes_it_away_later(talk, states, acts):
    direct = await talk.direct()
    event, _ = await talk.send.text(ANN, direct, "c", "secret", expires_in_s=60)
    await acts.edit(ANN, direct, event.seq, "e", "secret too")
    await acts.pin(BOB, direct, event.seq, "p")
    assert event.expires_at == talk.clock.unix_ms() + 60_000
    newest, _ = await talk.send.text(BOB, direct, "d", "secret", expires_in_s=60)
    talk.clock.at += 59
    assert (await talk.threads.get(ANN, direct)).last_event == newest
    assert len(await states.history(BOB, direct, event.seq)) == 2
    assert len((await states.pins(BOB, direct, None, 10))[0]) == 1
    talk.clock.at += 1
    events, _, _ = await talk.sync.events(BOB, direct, None, None, 50)
    assert {one.text for one in events} == {""}
    assert await states.of(BOB, direct, events) == ()
    assert await states.pins(BOB, direct, None, 10) == ([], 0)
    for question in ("history", "reactions", "readable"):
        with pytest.raises(MessageGone):
            await questions(states, BOB, direct, event.seq)[question]()
    views, _ = await talk.threads.page(BOB, "", 10)
    for view in (await talk.threads.get(BOB, direct), *views):
        assert (view.last_event.seq, view.last_event.text) == (newest.seq, "")


class Forgetful:
    """The store, with events that pass their retention between two questions."""

    def __init__(self, states):
        self._states = states

    def __getattr__(self, name):
        return getattr(self._states, name)

    async def events(self, conversation, seqs):
        return (await self._states.events(conversation, seqs))[1:]


async def test_a_pin_whose_message_goes_at_this_moment_is_left_out(talk, states, acts):
    direct = await talk.direct()
    seqs = [await talk.say(ANN, direct, f"{n}") for n in range(2)]
    for seq in seqs:
        await acts.pin(BOB, direct, seq, f"p{seq}")
    states._states = Forgetful(states._states)
    page, _ = await states.pins(ANN, direct, None, 10)
    assert [one.event.seq for one in page] == seqs[1:]


async def test_pins_are_paged_the_latest_first_as_they_stand_now(talk, states, acts):
    direct = await talk.direct()
    seqs = [await talk.say(ANN, direct, f"{n}") for n in range(5)]
    for seq in seqs:
        await acts.pin(BOB, direct, seq, f"p{seq}")
    await acts.edit(ANN, direct, seqs[4], "e", "edited")
    await acts.pin(BOB, direct, seqs[3], "off", off=True)
    page, following = await states.pins(ANN, direct, None, 2)
    assert [(one.event.seq, one.text) for one in page] == [(seqs[4], "edited"), (seqs[2], "2")]
    page, following = await states.pins(ANN, direct, following, 2)
    assert [one.event.seq for one in page] == [seqs[1], seqs[0]]
    assert following == 0
    for wrong in (-1, 10**30):
        with pytest.raises(BadRequest):
            await states.pins(ANN, direct, wrong, 2)
    with pytest.raises(BadRequest):
        await states.pins(ANN, direct, None, 0)


async def test_who_reacted_is_paged(talk, states, acts):
    group = await talk.group(ANN, BOB, CEM)
    seq = await talk.say(ANN, group, "hello")
    for who in (CEM, ANN, BOB):
        await acts.react(who, group, seq, "r", "👍")
    page, following = await states.reactions(ANN, group, seq, "", 0, 2)
    assert [one.user_id for one in page] == [CEM, ANN]
    page, following = await states.reactions(ANN, group, seq, "👍", following, 2)
    assert ([one.user_id for one in page], following) == ([BOB], 0)
    assert await states.reactions(ANN, group, seq, "🎉", 0, 2) == ([], 0)
    with pytest.raises(BadRequest):
        await states.reactions(ANN, group, seq, "", -1, 2)
    for emoji in ("x", "\ud800", "👍" * 100):
        with pytest.raises(BadEmoji):
            await states.reactions(ANN, group, seq, emoji, 0, 2)


async def test_a_page_of_a_hundred_changed_messages_costs_two_queries(talk, states, acts):
    direct = await talk.direct()
    for number in range(100):
        seq = await talk.say(ANN, direct, f"{number}")
        await acts.react(BOB, direct, seq, f"r{number}", "👍")
    events, _, _ = await talk.sync.events(ANN, direct, 1, None, 200)
    before = talk.stores.database.reads
    assert len(await states.of(ANN, direct, events)) == 100
    assert talk.stores.database.reads == before + 1
