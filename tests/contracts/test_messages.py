"""What every driver of `ports.messages` promises."""

import asyncio

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlor.model.conversation import ConversationKind
from parlor.model.errors import BadRequest, ClientIdUsed, NotFound, NotMember
from parlor.model.event import CallOutcome, CallRecord, Draft, EventKind
from parlor.model.ids import CallId, ConversationId, UserId
from parlor.model.standing import Act
from tests.support.storage import (
    ANN,
    BOB,
    CEM,
    EMBEDDED,
    NOBODY,
    NOWHERE,
    SERVERS,
    STORES,
    TALK,
    message,
)


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk()
        yield opened


async def test_an_event_comes_back_as_it_was_stored(stores):
    draft = Draft(
        TALK, EventKind.MESSAGE, ANN, "c-1", "你好 👋\n\ttab", reply_to=1, mentions=(BOB, ANN)
    )
    stored, created = await stores.messages.append(draft, 1_234)
    assert created
    assert (stored.seq, stored.id, stored.sent_at) == (2, f"{TALK}-2", 1_234)
    assert (stored.text, stored.reply_to, stored.mentions) == (draft.text, 1, (BOB, ANN))
    events, last_seq = await stores.messages.events(TALK, 1, None, 10)
    assert (list(events), last_seq) == ([stored], 2)


async def test_a_call_record_comes_back_as_it_was_stored(stores):
    record = CallRecord(CallId("77"), ANN, "video", CallOutcome.ANSWERED, 61)
    draft = Draft(TALK, EventKind.CALL, ANN, call=record)
    stored, _ = await stores.messages.append(draft, 9, by_member=False)
    events, _ = await stores.messages.events(TALK, None, None, 1)
    assert (events[0], events[0].call) == (stored, record)


async def test_seq_is_dense_from_one_whoever_writes_at_once(stores):
    drafts = [message(f"{who}-{n}", who) for n in range(50) for who in (ANN, BOB)]
    stored = await asyncio.gather(*(stores.messages.append(draft, 5) for draft in drafts))
    assert sorted(event.seq for event, _ in stored) == list(range(2, 102))
    assert sorted(await stores.texts()) == sorted(draft.text for draft in drafts)


async def test_what_one_sender_says_keeps_its_order(stores):
    said = [f"{n}" for n in range(40)]
    await asyncio.gather(*(stores.messages.append(message(text), 5) for text in said))
    assert await stores.texts() == said


async def test_a_resent_message_is_stored_once_and_answered_with_the_first(stores):
    first, created = await stores.messages.append(message("one", client_id="c"), 5)
    again, created_again = await stores.messages.append(message("other", client_id="c"), 99)
    assert (created, created_again) == (True, False)
    assert again == first


async def test_a_message_sent_twice_at_once_is_stored_once(stores):
    copies = [message("one", client_id="c") for _ in range(20)]
    results = await asyncio.gather(*(stores.messages.append(draft, 5) for draft in copies))
    assert [created for _, created in results].count(True) == 1
    assert len({event.seq for event, _ in results}) == 1
    assert await stores.texts() == ["one"]


async def test_a_client_id_that_was_another_kind_of_event_is_refused(stores):
    said, _ = await stores.messages.append(message("one", client_id="c"), 5)
    await stores.messages.append(message("two", client_id="d"), 5)
    pin = Draft(TALK, EventKind.PIN, ANN, "p", target=said.seq)
    pinning = Act(TALK, ANN, "p", target=said.seq, kind=EventKind.PIN)
    await stores.messages.act(pinning, lambda _: pin, 6)
    unlike = (
        msgspec.structs.replace(pinning, client_id="c"),
        msgspec.structs.replace(pinning, kind=EventKind.RECALL),
        msgspec.structs.replace(pinning, target=said.seq + 1),
    )
    for act in unlike:
        with pytest.raises(ClientIdUsed):
            await stores.messages.act(act, lambda _: pin, 7)
    with pytest.raises(ClientIdUsed):
        await stores.messages.append(message("three", client_id="p"), 8)
    event, created = await stores.messages.act(pinning, lambda _: pin, 9)
    assert (event.kind, created) == (EventKind.PIN, False)
    assert await stores.texts() == ["one", "two"]


async def test_two_senders_may_use_the_same_client_id(stores):
    await stores.messages.append(message("hers", ANN, client_id="c"), 5)
    await stores.messages.append(message("his", BOB, client_id="c"), 5)
    assert await stores.texts() == ["hers", "his"]


async def test_the_same_client_id_in_another_conversation_is_another_message(stores):
    other = ConversationId(str(2**52 + 1_001))
    await stores.add_talk(other, (ANN, CEM))
    await stores.messages.append(message("here", client_id="c"), 5)
    _, created = await stores.messages.append(message("there", ANN, other, "c"), 5)
    assert created


async def test_an_empty_client_id_is_never_compared(stores):
    for _ in range(2):
        await stores.messages.append(message("server's", client_id=""), 5)
    assert await stores.texts() == ["server's"] * 2


@pytest.mark.parametrize("reply_to", [-1, 2, 10**30])
async def test_a_reply_is_to_an_event_of_the_log(stores, reply_to):
    draft = Draft(TALK, EventKind.MESSAGE, ANN, "c", "x", reply_to=reply_to)
    with pytest.raises(BadRequest):
        await stores.messages.append(draft, 5)
    assert await stores.texts() == []


@pytest.mark.parametrize("nobody", [CEM, NOBODY, UserId("x"), UserId("\ud800")])
async def test_only_members_are_mentioned(stores, nobody):
    draft = Draft(TALK, EventKind.MESSAGE, ANN, "c", "x", mentions=(BOB, nobody))
    with pytest.raises(BadRequest):
        await stores.messages.append(draft, 5)
    assert await stores.texts() == []


async def test_a_message_sent_in_the_same_breath_can_be_replied_to(stores):
    reply = Draft(TALK, EventKind.MESSAGE, BOB, "r", "reply", reply_to=2)
    await asyncio.gather(
        stores.messages.append(message("one"), 5), stores.messages.append(reply, 5)
    )
    assert await stores.texts() == ["one", "reply"]


async def test_a_refused_append_takes_no_seq_and_hinders_no_other(stores):
    results = await asyncio.gather(
        stores.messages.append(message("one"), 5),
        stores.messages.append(message("forbidden", CEM), 5),
        stores.messages.append(message("nobody", NOBODY), 5),
        stores.messages.append(message("nowhere", ANN, NOWHERE), 5),
        stores.messages.append(message("two"), 5),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [tuple, NotMember, NotMember, NotFound, tuple]
    assert await stores.texts() == ["one", "two"]


async def test_an_append_that_cannot_be_stored_hinders_no_other(stores):
    results = await asyncio.gather(
        stores.messages.append(message("one"), 5),
        stores.messages.append(message("\ud800", client_id="lone surrogate"), 5),
        stores.messages.append(message("two"), 5),
        return_exceptions=True,
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert await stores.texts() == ["one", "two"]


async def test_a_non_member_writes_only_when_the_server_says_so(stores):
    with pytest.raises(NotMember):
        await stores.messages.append(message("no", CEM), 5)
    event, _ = await stores.messages.append(message("yes", CEM), 5, by_member=False)
    assert event.seq == 2
    with pytest.raises(NotFound):
        await stores.messages.append(message("x", CEM, NOWHERE), 5, by_member=False)


@pytest.mark.parametrize(
    "id", ["", "x", "-1", "007", "1.0", "１２", "1_0", " 1", "9" * 40, "1" * 5000, "\ud800"]
)
async def test_an_id_that_is_no_number_names_nothing(stores, id):
    with pytest.raises(NotFound):
        await stores.messages.append(message("x", ANN, ConversationId(id)), 5)
    with pytest.raises(NotFound):
        await stores.messages.events(ConversationId(id), None, None, 5)
    with pytest.raises(NotMember):
        await stores.messages.append(message("x", UserId(id)), 5)


async def test_ranges_are_ascending_and_hold_what_was_asked(stores):
    for n in range(2, 11):
        await stores.say(str(n))

    async def seqs(after, before, limit):
        events, last_seq = await stores.messages.events(TALK, after, before, limit)
        assert last_seq == 10
        return [event.seq for event in events]

    assert await seqs(None, None, 3) == [8, 9, 10]
    assert await seqs(4, None, 3) == [5, 6, 7]
    assert await seqs(None, 4, 2) == [2, 3]
    assert await seqs(3, 8, 10) == [4, 5, 6, 7]
    assert await seqs(3, 8, 2) == [4, 5]
    assert await seqs(10, None, 5) == []
    assert await seqs(None, 1, 5) == []


async def test_reading_an_unknown_conversation_is_refused(stores):
    with pytest.raises(NotFound):
        await stores.messages.events(NOWHERE, None, None, 5)


async def test_one_row_is_written_whatever_the_number_of_members(stores):
    before = [await stores.conversations.member(TALK, who) for who in (ANN, BOB)]
    await stores.say("hello")
    assert before == [await stores.conversations.member(TALK, who) for who in (ANN, BOB)]
    conversation = await stores.conversations.get(TALK)
    assert conversation is not None
    assert conversation.last_seq == 2


async def test_cancelling_the_sender_does_not_lose_or_double_the_message(stores):
    sending = asyncio.ensure_future(stores.messages.append(message("once"), 5))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await stores.messages.append(message("once"), 5)
    assert await stores.texts() == ["once"]


_SAYINGS = st.lists(
    st.tuples(st.sampled_from([ANN, BOB, CEM, NOBODY]), st.integers(0, 5), st.booleans()),
    max_size=40,
)


async def _dense_log(kinds, tmp_path, sayings):
    """Some sends run side by side, some one after the other, many of them twice."""
    for name, opened in kinds.items():
        folder = tmp_path / name / str(len(list(tmp_path.glob("*/*"))))
        async with opened(folder) as stores:
            await stores.add_people(ANN, BOB, CEM)
            await stores.add_talk(people=(ANN, BOB, CEM), kind=ConversationKind.GROUP)
            waiting, results = [], []
            for sender, client_id, together in sayings:
                draft = message(f"{client_id}", sender)
                waiting.append(asyncio.ensure_future(stores.messages.append(draft, 5)))
                if not together:
                    results += await asyncio.gather(*waiting, return_exceptions=True)
                    waiting.clear()
            results += await asyncio.gather(*waiting, return_exceptions=True)

            log, last_seq = await stores.messages.events(TALK, 0, None, 1_000)
            assert [event.seq for event in log] == list(range(1, last_seq + 1))
            said = {(who, str(n)) for who, n, _ in sayings if who != NOBODY}
            kept = [(event.sender, event.client_id) for event in log[1:]]
            assert sorted(kept) == sorted(said)
            by_seq = {event.seq: event for event in log}
            for (sender, _, _), result in zip(sayings, results, strict=True):
                if isinstance(result, BaseException):
                    assert sender == NOBODY
                    assert isinstance(result, NotMember)
                else:
                    assert result[0] == by_seq[result[0].seq]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sayings=_SAYINGS)
async def test_any_interleaving_of_sends_and_resends_gives_one_dense_log(tmp_path, sayings):
    await _dense_log(EMBEDDED, tmp_path, sayings)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sayings=_SAYINGS)
async def test_so_it_does_on_database_servers(tmp_path, sayings):
    await _dense_log(SERVERS, tmp_path, sayings)


async def test_who_is_out_by_now_is_answered_with_what_was_stored_before(stores):
    """The acknowledgement was lost, and the sender was put out: a refusal would be a lie."""
    said, _ = await stores.messages.append(message("one", client_id="c"), 5)
    left = Draft(TALK, EventKind.LEFT, ANN, members=(ANN,))
    await stores.messages.act(Act(TALK, ANN), lambda _: left, 6)
    assert await stores.messages.append(message("one", client_id="c"), 7) == (said, False)
    with pytest.raises(NotMember):
        await stores.messages.append(message("two", client_id="d"), 8)
    assert await stores.messages.said(TALK, ANN, ["d", "c"]) == [said]
