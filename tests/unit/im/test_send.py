import asyncio

import pytest

from parlor.model.errors import (
    BadRequest,
    BadText,
    EmptyText,
    Forbidden,
    NotFound,
    NotMember,
    StorageFailed,
    TextTooLong,
)
from parlor.model.event import CallOutcome, CallRecord, EventKind
from parlor.model.ids import CallId, ConnectionKey, ConversationId, UserId
from parlor.wire.native.pushes import EventPush
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def test_a_message_is_stored_and_all_members_are_told(talk):
    group = await talk.group(ANN, BOB, CEM)
    event, created = await talk.send.text(BOB, group, "c-1", "你好 👋", reply_to=1, mentions=[ANN])
    assert created
    assert (event.seq, event.sender, event.text, event.kind) == (2, BOB, "你好 👋", "message")
    assert (event.reply_to, event.mentions, event.client_id) == (1, (ANN,), "c-1")
    assert event.sent_at == talk.clock.unix_ms()
    assert talk.told.pushes == [((ANN, BOB, CEM), EventPush(event))]
    events, _, _ = await talk.sync.events(CEM, group, 1, None, 10)
    assert list(events) == [event]


async def test_a_resent_message_is_the_same_event_and_told_again(talk):
    """Who stored it may have died before telling anybody; clients know it by its seq."""
    direct = await talk.direct()
    first, _ = await talk.send.text(ANN, direct, "c", "one")
    talk.told.pushes.clear()
    again, created = await talk.send.text(ANN, direct, "c", "one")
    assert (again, created) == (first, False)
    assert talk.told.pushes == [((ANN, BOB), EventPush(first))]


async def test_texts_are_stored_in_one_form_of_unicode(talk):
    event, _ = await talk.send.text(ANN, await talk.direct(), "c", "cafe\u0301\r\nx")
    assert event.text == "caf\u00e9\nx"


@pytest.mark.parametrize("text", ["x" * 4_096, "字" * 4_096, "👋" * 4_096, "\n\t.", "\u202eabc"])
async def test_any_text_of_4096_characters_passes(talk, text):
    event, _ = await talk.send.text(ANN, await talk.direct(), "c", text)
    assert event.text == text


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("x" * 4_097, TextTooLong),
        ("x" * 10**6, TextTooLong),
        ("", EmptyText),
        (" \n\u200b\u202e", EmptyText),
        ("a\x00b", BadText),
        ("a\x1bb", BadText),
        ("\ud800", BadText),
    ],
)
async def test_a_bad_text_is_refused_and_nothing_is_stored(talk, text, refusal):
    direct = await talk.direct()
    with pytest.raises(refusal):
        await talk.send.text(ANN, direct, "c", text)
    assert await talk.stores.texts(direct) == []
    assert talk.told.pushes == []


@pytest.mark.parametrize("client_id", ["", "x" * 65, "a\nb", "a\x00", "\ud800", "call\n7"])
async def test_a_client_id_is_required_and_printable(talk, client_id):
    with pytest.raises(BadRequest):
        await talk.send.text(ANN, await talk.direct(), client_id, "text")


async def test_who_is_not_a_member_cannot_write_nor_learn_anything(talk):
    direct = await talk.direct()
    for extra in ({}, {"reply_to": 999}, {"reply_to": 1}, {"mentions": [CEM]}):
        for stranger in (CEM, NOBODY, UserId("x")):
            with pytest.raises(NotMember):
                await talk.send.text(stranger, direct, "c", "let me in", **extra)
    assert await talk.stores.texts(direct) == []


@pytest.mark.parametrize("id", [NOWHERE, "", "x", "-1", "1" * 1_000, "\ud800"])
async def test_an_unknown_conversation_is_not_found(talk, id):
    with pytest.raises(NotFound):
        await talk.send.text(ANN, ConversationId(id), "c", "text")


@pytest.mark.parametrize("reply_to", [-1, 2, 10**30])
async def test_a_reply_is_to_something_that_exists(talk, reply_to):
    direct = await talk.direct()
    with pytest.raises(BadRequest):
        await talk.send.text(ANN, direct, "c", "text", reply_to=reply_to)
    assert await talk.stores.texts(direct) == []


async def test_only_members_are_mentioned_each_once_and_not_too_many(tmp_path):
    async with open_talk(tmp_path, max_mentions=2) as talk:
        group = await talk.group(ANN, BOB, CEM)
        event, _ = await talk.send.text(ANN, group, "1", "x", mentions=[BOB, BOB, ANN])
        assert event.mentions == (BOB, ANN)
        for mentions in ([DAN], [NOBODY], [UserId("x")], [ANN, BOB, CEM]):
            with pytest.raises(BadRequest):
                await talk.send.text(ANN, group, "2", "x", mentions=mentions)


async def test_only_those_who_may_call_everybody(talk):
    group = await talk.group(ANN, BOB, CEM)
    event, _ = await talk.send.text(ANN, group, "1", "all of you", mentions_all=True)
    assert event.mentions_all
    with pytest.raises(Forbidden):
        await talk.send.text(BOB, group, "2", "all of you", mentions_all=True)
    assert await talk.stores.texts(group) == ["all of you"]


async def test_a_message_may_be_silent_and_may_expire(talk):
    direct = await talk.direct()
    now = talk.clock.unix_ms()
    event, _ = await talk.send.text(ANN, direct, "c", "psst", silent=True, expires_in_s=60)
    assert (event.silent, event.expires_at) == (True, now + 60_000)
    for wrong in (-1, 10**9, 10**30):
        with pytest.raises(BadRequest):
            await talk.send.text(ANN, direct, "d", "psst", expires_in_s=wrong)
    assert await talk.stores.texts(direct) == ["psst"]


@pytest.mark.parametrize("failure", [RuntimeError("bus"), StorageFailed(), TimeoutError()])
async def test_a_lost_announcement_never_fails_the_send(talk, failure):
    direct = await talk.direct()
    talk.told.failure = failure
    event, created = await talk.send.text(ANN, direct, "c", "stored anyway")
    assert created
    assert await talk.stores.texts(direct) == [event.text]
    assert talk.meter.counted["im_announcements_lost_total"] == 1


async def test_what_one_person_sends_at_once_keeps_its_order(talk):
    direct = await talk.direct()
    sending = [
        talk.send.text(ANN, direct, f"{n}", f"{n}", reply_to=n % 2, mentions=[BOB] * (n % 3))
        for n in range(60)
    ]
    events = await asyncio.gather(*sending)
    assert [event.seq for event, _ in events] == list(range(2, 62))


async def test_messages_are_announced_in_their_order_once_the_members_are_known(talk):
    direct = await talk.direct()
    await talk.say(ANN, direct, "first")
    await asyncio.gather(*(talk.say(ANN, direct, f"{n}") for n in range(30)))
    assert [push.event.seq for _, push in talk.told.pushes] == list(range(2, 33))


async def test_a_call_is_recorded_once_and_all_members_are_told(talk):
    direct = await talk.direct()
    record = CallRecord(CallId("77"), ANN, "video", CallOutcome.ANSWERED, 12)
    event = await talk.send.record_call(direct, record)
    assert (event.kind, event.sender, event.call) == (EventKind.CALL, ANN, record)
    assert talk.told.pushes == [((ANN, BOB), EventPush(event))]
    assert await talk.send.record_call(direct, record) == event
    with pytest.raises(NotFound):
        await talk.send.record_call(NOWHERE, record)


async def test_the_connection_that_sent_is_left_out_of_the_announcement(talk):
    await talk.send.text(ANN, await talk.direct(), "c", "text", not_to=ConnectionKey("phone"))
    assert talk.told.left_out == ["phone"]


async def test_a_conversation_with_too_many_members_is_announced_without_naming_them(tmp_path):
    async with open_talk(tmp_path, announce_members=2) as talk:
        small, large = await talk.group(ANN, BOB), await talk.group(ANN, BOB, CEM)
        in_small, _ = await talk.send.text(ANN, small, "c", "text")
        in_large, _ = await talk.send.text(ANN, large, "c", "text", not_to=ConnectionKey("phone"))
        assert talk.told.pushes == [((ANN, BOB), EventPush(in_small))]
        assert talk.told.to_conversations == [(large, EventPush(in_large))]
        assert talk.told.left_out == ["phone"]
