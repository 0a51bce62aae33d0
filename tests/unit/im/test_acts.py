import asyncio

import pytest

from parlor.im.message_settings import MessageSettings
from parlor.model.conversation import ConversationKind
from parlor.model.errors import (
    BadEmoji,
    BadRequest,
    BadText,
    EmptyText,
    Forbidden,
    LimitReached,
    NotFound,
    NotMember,
    TextTooLong,
    TooLate,
)
from parlor.model.event import EventKind
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.wire.native.pushes import EventPush
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    settings = MessageSettings(recall_window_s=120, max_reactions_of_user=1, max_pins=1)
    async with open_talk(tmp_path, of_messages=settings, max_mentions=2) as opened:
        yield opened


def acts_of(talk, user, conversation, seq, client_id="c"):
    """Every act, as somebody would do it."""
    acts = talk.messaging.acts
    return {
        "edit": lambda: acts.edit(user, conversation, seq, client_id, "better"),
        "recall": lambda: acts.recall(user, conversation, seq, client_id),
        "react": lambda: acts.react(user, conversation, seq, client_id, "👍"),
        "pin": lambda: acts.pin(user, conversation, seq, client_id),
    }


KINDS = ("edit", "recall", "react", "pin")


async def test_the_connection_that_acts_is_left_out_of_the_announcement(talk):
    direct, here = await talk.direct(), ConnectionKey("here")
    seq = await talk.say(ANN, direct, "hello")
    acts = talk.messaging.acts
    await acts.edit(ANN, direct, seq, "1", "better", not_to=here)
    await acts.react(ANN, direct, seq, "2", "\N{THUMBS UP SIGN}", not_to=here)
    await acts.pin(ANN, direct, seq, "3", not_to=here)
    await acts.recall(ANN, direct, seq, "4", not_to=here)
    assert talk.told.left_out == [here] * 4


@pytest.mark.parametrize("kind", KINDS)
async def test_an_act_is_stored_once_and_all_members_are_told(talk, kind):
    group = await talk.group(ANN, BOB, CEM)
    seq = await talk.say(ANN, group, "hello")
    talk.told.pushes.clear()
    do = acts_of(talk, ANN, group, seq)[kind]
    event, created = await do()
    assert created
    assert (event.seq, event.target, event.sender, event.client_id) == (seq + 1, seq, ANN, "c")
    assert talk.told.pushes == [((ANN, BOB, CEM), EventPush(event))]
    assert await do() == (event, False)
    # Whoever stored it may have died before telling anybody; clients know it by its seq.
    assert talk.told.pushes == [((ANN, BOB, CEM), EventPush(event))] * 2
    page, last_seq, _ = await talk.sync.events(CEM, group, seq, None, 10)
    assert (list(page), last_seq) == ([event], event.seq)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_act_sent_twice_at_once_is_one_act(talk, kind):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "hello")
    outcomes = await asyncio.gather(*(acts_of(talk, ANN, group, seq)[kind]() for _ in range(5)))
    assert [created for _, created in outcomes].count(True) == 1
    assert len({event.seq for event, _ in outcomes}) == 1


@pytest.mark.parametrize("kind", ["recall", "react", "pin"])
async def test_what_is_so_already_is_told_to_nobody(talk, kind):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "hello")
    await acts_of(talk, ANN, group, seq)[kind]()
    talk.told.pushes.clear()
    assert await acts_of(talk, ANN, group, seq, "another")[kind]() == (None, False)
    assert talk.told.pushes == []


@pytest.mark.parametrize("kind", KINDS)
async def test_who_is_not_a_member_can_do_nothing_and_learns_nothing(talk, kind):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "hello")
    for stranger in (CEM, NOBODY, UserId("x"), UserId("\ud800")):
        for number in (seq, 1, 999):
            with pytest.raises(NotMember):
                await acts_of(talk, stranger, group, number)[kind]()
    for nowhere in (NOWHERE, "", "x", "1" * 1_000, "\ud800"):
        with pytest.raises(NotFound):
            await acts_of(talk, ANN, ConversationId(nowhere), seq)[kind]()
    assert (await talk.threads.get(ANN, group)).last_seq == seq


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seq", [-1, 0, 1, 3, 2**53, 2**53 + 1, 10**30])
async def test_an_act_is_about_a_message_that_exists(talk, kind, seq):
    group = await talk.group(ANN, BOB)
    await talk.say(ANN, group, "hello")
    with pytest.raises(BadRequest):
        await acts_of(talk, ANN, group, seq)[kind]()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("client_id", ["", "x" * 65, "a\nb", "\ud800"])
async def test_an_act_needs_a_name_under_which_it_is_known_again(talk, kind, client_id):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "hello")
    with pytest.raises(BadRequest):
        await acts_of(talk, ANN, group, seq, client_id)[kind]()


async def test_a_message_of_another_cannot_be_edited_nor_recalled(talk):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "hello")
    for kind in ("edit", "recall", "pin"):
        with pytest.raises(Forbidden):
            await acts_of(talk, BOB, group, seq)[kind]()
    assert await talk.stores.texts(group) == ["hello"]


async def test_a_recall_comes_too_late_once_the_window_has_ended(talk):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "hello")
    talk.clock.at += 121
    with pytest.raises(TooLate):
        await talk.messaging.acts.recall(ANN, direct, seq, "c")
    assert await talk.stores.texts(direct) == ["hello"]


async def test_a_recall_that_was_stored_in_time_is_known_again_later(talk):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "hello")
    event, _ = await talk.messaging.acts.recall(ANN, direct, seq, "c")
    talk.clock.at += 10_000
    assert await talk.messaging.acts.recall(ANN, direct, seq, "c") == (event, False)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", EmptyText),
        ("x" * 4_097, TextTooLong),
        ("a\u0301" * 10**6, TextTooLong),
        ("a" + "\u0301" * 31, BadText),
        ("\ud800", BadText),
        ("a\x00", BadText),
    ],
)
async def test_an_edit_takes_the_texts_that_a_message_takes(talk, text, refusal):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "hello")
    with pytest.raises(refusal):
        await talk.messaging.acts.edit(ANN, group, seq, "c", text)
    with pytest.raises(refusal):
        await talk.send.text(ANN, group, "c", text)
    assert await talk.stores.texts(group) == ["hello"]


async def test_an_edit_mentions_members_and_not_too_many(talk):
    group = await talk.group(ANN, BOB, CEM)
    seq = await talk.say(ANN, group, "hello")
    edit = talk.messaging.acts.edit
    crowd = [UserId(str(2**52 + n)) for n in range(10_001)]
    for mentions in (crowd, [DAN], [UserId("x")], [BOB, CEM, ANN]):
        with pytest.raises(BadRequest):
            await edit(ANN, group, seq, "c", "better", mentions=mentions)
    event, _ = await edit(ANN, group, seq, "c", "better", mentions=[BOB, BOB, CEM])
    assert event.mentions == (BOB, CEM)


async def test_ten_thousand_mentions_are_refused_and_nothing_is_stored(talk):
    group = await talk.group(ANN, BOB)
    crowd = [UserId(str(2**52 + n)) for n in range(10_001)]
    with pytest.raises(BadRequest):
        await talk.send.text(ANN, group, "c", "x", mentions=crowd)
    assert await talk.stores.texts(group) == []


@pytest.mark.parametrize("emoji", ["", "ok", "<b>", "👍👍", "\ud800", "👍" * 10**5])
async def test_a_reaction_is_one_emoji(talk, emoji):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "hello")
    with pytest.raises(BadEmoji):
        await talk.messaging.acts.react(ANN, direct, seq, "c", emoji)


async def test_limits_hold_when_many_ask_at_once(talk):
    group = await talk.group(ANN, BOB)
    acts = talk.messaging.acts
    one, two = await talk.say(ANN, group, "one"), await talk.say(ANN, group, "two")
    pins = await asyncio.gather(
        acts.pin(ANN, group, one, "1"), acts.pin(ANN, group, two, "2"), return_exceptions=True
    )
    given = await asyncio.gather(
        acts.react(BOB, group, one, "3", "👍"),
        acts.react(BOB, group, one, "4", "🎉"),
        return_exceptions=True,
    )
    for outcomes in (pins, given):
        assert [type(outcome) for outcome in outcomes] == [tuple, LimitReached]


async def test_what_looks_like_sql_is_only_text(talk):
    """In texts, emoji, client ids and titles: stored literally, and nothing else happens."""
    evil = "'; DROP TABLE events; -- \" \\ % _ ? :x $1 {0} \u0027"
    group = await talk.threads.create(ANN, ConversationKind.GROUP, [BOB], evil)
    conversation = group[0].id
    seq = await talk.say(ANN, conversation, evil[:60])
    said, again = f"edited {evil}", f"{evil[:60]}2"
    edited, _ = await talk.messaging.acts.edit(ANN, conversation, seq, again, said)
    assert (edited.text, edited.client_id) == (said, again)
    assert (await talk.threads.get(ANN, conversation)).title == evil
    (state,) = await talk.messaging.states.of(
        ANN, conversation, (await talk.sync.events(ANN, conversation, None, None, 9))[0]
    )
    assert state.text == said
    for hostile in (evil, "1 OR 1=1", "1; --"):
        with pytest.raises(NotFound):
            await talk.send.text(ANN, ConversationId(hostile), "c", "x")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_lost_announcement_never_fails_the_act(talk, kind):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "hello")
    talk.told.failure = RuntimeError("bus")
    event, created = await acts_of(talk, ANN, group, seq)[kind]()
    assert created
    assert (await talk.threads.get(ANN, group)).last_seq == event.seq


async def test_two_edits_at_once_are_both_in_the_history_and_one_is_last(talk):
    direct = await talk.direct()
    seq = await talk.say(ANN, direct, "first")
    acts, states = talk.messaging.acts, talk.messaging.states
    await asyncio.gather(*(acts.edit(ANN, direct, seq, f"{n}", f"edit {n}") for n in range(5)))
    versions = [version.text for version in await states.history(BOB, direct, seq)]
    assert versions[0] == "first"
    assert sorted(versions[1:]) == [f"edit {n}" for n in range(5)]
    events, _, _ = await talk.sync.events(BOB, direct, None, None, 50)
    (state,) = await states.of(BOB, direct, events)
    assert state.text == versions[-1]
    assert state.edits == tuple(e.seq for e in events if e.kind is EventKind.EDIT)
