import pytest

from parlor.im.message_settings import MessageSettings
from parlor.model.errors import (
    BadRequest,
    BadText,
    Forbidden,
    LimitReached,
    MessageGone,
    NotFound,
    NotMember,
    StorageFailed,
    TextTooLong,
)
from parlor.model.event import Forwarded
from parlor.model.ids import ConversationId
from parlor.wire.native.pushes import EventPush
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE
from tests.support.talk import open_talk

SETTINGS = MessageSettings(
    max_forward=3, max_forward_targets=2, max_forward_copies=4, max_merged_chars=20
)


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, of_messages=SETTINGS) as opened:
        yield opened


@pytest.fixture
def forward(talk):
    return talk.messaging.forwarding.forward


async def test_messages_are_said_again_in_the_name_of_who_said_them(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    one = await talk.say(ANN, source, "one")
    two = await talk.say(BOB, source, "two")
    at_ms = talk.clock.unix_ms()
    talk.told.pushes.clear()
    (done,) = await forward(BOB, source, [two, one], [target], "f")
    assert (done.conversation_id, done.refused) == (target, "")
    assert [(copy.text, copy.sender, copy.forwarded) for copy in done.events] == [
        ("one", BOB, Forwarded(ANN, at_ms)),
        ("two", BOB, Forwarded(BOB, at_ms)),
    ]
    assert [copy.seq for copy in done.events] == [2, 3]
    assert talk.told.pushes == [((BOB, CEM), EventPush(copy)) for copy in done.events]


async def test_forwarding_twice_with_one_client_id_is_forwarding_once(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seqs = [await talk.say(ANN, source, f"{n}") for n in range(2)]
    talk.told.pushes.clear()
    first = await forward(BOB, source, seqs, [target], "f")
    told = list(talk.told.pushes)
    assert await forward(BOB, source, seqs, [target], "f") == first
    assert talk.told.pushes == told * 2
    assert len(await talk.stores.texts(target)) == 2


async def test_what_was_forwarded_is_said_again_although_its_source_is_gone(talk, forward):
    """The answer was lost, and the message was taken back before it was asked for again."""
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seq = await talk.say(ANN, source, "one")
    first = await forward(BOB, source, [seq], [target], "f")
    await talk.messaging.acts.recall(ANN, source, seq, "r")
    assert await forward(BOB, source, [seq], [target], "f") == first
    with pytest.raises(MessageGone):
        await forward(BOB, source, [seq], [target], "g")
    elsewhere = await talk.direct(BOB, DAN)
    there, not_there = await forward(BOB, source, [seq], [target, elsewhere], "f")
    assert (there, not_there.events) == (first[0], ())
    assert not_there.refused == "message_gone"


async def test_a_client_cannot_take_the_name_of_a_copy(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seq = await talk.say(ANN, source, "one")
    (done,) = await forward(BOB, source, [seq], [target], "f")
    with pytest.raises(BadRequest):
        await talk.send.text(BOB, target, done.events[0].client_id, "other")


async def test_a_copy_says_what_the_message_says_now(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seq = await talk.say(ANN, source, "one")
    await talk.messaging.acts.edit(ANN, source, seq, "e", "edited")
    (done,) = await forward(BOB, source, [seq], [target], "f")
    assert done.events[0].text == "edited"


async def test_a_copy_of_a_copy_names_who_said_it_first(talk, forward):
    source, there, far = (
        await talk.direct(ANN, BOB),
        await talk.direct(BOB, CEM),
        await talk.direct(CEM, DAN),
    )
    seq = await talk.say(ANN, source, "one")
    at_ms = talk.clock.unix_ms()
    (copied,) = await forward(BOB, source, [seq], [there], "f")
    talk.clock.at += 60
    (again,) = await forward(CEM, there, [copied.events[0].seq], [far], "f")
    assert again.events[0].forwarded == Forwarded(ANN, at_ms)


async def test_merged_is_one_message_that_carries_them_all(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seqs = [await talk.say(who, source, who[-1]) for who in (ANN, BOB)]
    at_ms = talk.clock.unix_ms()
    (done,) = await forward(BOB, source, seqs, [target], "f", merged=True, text="Look")
    (carrier,) = done.events
    assert (carrier.text, carrier.sender) == ("Look", BOB)
    assert carrier.merged == (
        Forwarded(ANN, at_ms, ANN[-1]),
        Forwarded(BOB, at_ms, BOB[-1]),
    )
    (plain,) = await forward(BOB, source, seqs, [target], "g", merged=True)
    assert plain.events[0].text == ""


async def test_what_was_merged_is_taken_apart_when_merged_again(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seqs = [await talk.say(ANN, source, f"{n}") for n in range(2)]
    (done,) = await forward(BOB, source, seqs, [target], "f", merged=True, text="Look")
    carrier = done.events[0].seq
    (again,) = await forward(CEM, target, [carrier], [target], "f", merged=True)
    assert [(one.sender, one.text) for one in again.events[0].merged] == [
        (BOB, "Look"),
        (ANN, "0"),
        (ANN, "1"),
    ]
    (alone,) = await forward(CEM, target, [carrier], [target], "g")
    assert alone.events[0].merged == done.events[0].merged
    assert alone.events[0].text == "Look"
    deeper = await talk.say(BOB, target, "more")
    with pytest.raises(LimitReached):
        await forward(CEM, target, [carrier, deeper], [target], "h", merged=True)


async def test_only_what_the_forwarder_may_read_goes_on(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(CEM, DAN)
    seq = await talk.say(ANN, source, "secret")
    with pytest.raises(NotMember):
        await forward(CEM, source, [seq], [target], "f")
    with pytest.raises(NotFound):
        await forward(CEM, NOWHERE, [seq], [target], "f")
    for seqs in ([1], [99], [seq, 99], [-1], [10**30]):
        with pytest.raises(BadRequest):
            await forward(ANN, source, seqs, [source], "f")
    await talk.messaging.acts.recall(ANN, source, seq, "r")
    with pytest.raises(MessageGone):
        await forward(ANN, source, [seq], [source], "f")
    assert await talk.stores.texts(target) == []


async def test_what_is_to_expire_is_not_forwarded(talk, forward):
    source = await talk.direct(ANN, BOB)
    event, _ = await talk.send.text(ANN, source, "c", "secret", expires_in_s=60)
    with pytest.raises(Forbidden):
        await forward(BOB, source, [event.seq], [source], "f")


async def test_a_conversation_that_refuses_hinders_no_other(talk, forward):
    source, target, closed = (
        await talk.direct(ANN, BOB),
        await talk.direct(BOB, CEM),
        await talk.direct(CEM, DAN),
    )
    seq = await talk.say(ANN, source, "one")
    refused, done = await forward(BOB, source, [seq], [closed, target], "f")
    assert (refused.conversation_id, refused.events, refused.refused) == (closed, (), "not_member")
    assert (done.refused, len(done.events)) == ("", 1)
    (nowhere,) = await forward(BOB, source, [seq], [ConversationId("x")], "f")
    assert nowhere.refused == "not_found"
    assert await talk.stores.texts(closed) == []


async def test_a_database_that_fails_is_no_refusal_and_asking_again_sends_each_copy_once(
    talk, forward, monkeypatch
):
    """Whether a copy was stored is not known: said to be refused, it would be sent anew."""
    source, *targets = [await talk.direct(*two) for two in ((ANN, BOB), (BOB, CEM), (BOB, DAN))]
    seqs = [await talk.say(ANN, source, f"{n}") for n in range(2)]
    store = talk.stores.messages.append
    lost = []

    async def lose_the_second_answer(draft, *where, **how):
        answer = await store(draft, *where, **how)
        lost.append(draft)
        if len(lost) == 2:
            raise StorageFailed
        return answer

    monkeypatch.setattr(talk.stores.messages, "append", lose_the_second_answer)
    with pytest.raises(StorageFailed):
        await forward(BOB, source, seqs, targets, "f")
    done = await forward(BOB, source, seqs, targets, "f")
    assert [(len(one.events), one.refused) for one in done] == [(2, "")] * 2
    assert [await talk.stores.texts(target) for target in targets] == [["0", "1"]] * 2


async def test_more_than_the_limits_is_refused_and_nothing_is_sent(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seqs = [await talk.say(ANN, source, f"text {n}") for n in range(4)]
    both = [source, target]
    for seqs_asked, targets in ((seqs, [target]), (seqs[:3], both), (seqs[:1], [*both, NOWHERE])):
        with pytest.raises(LimitReached):
            await forward(BOB, source, seqs_asked, targets, "f")
    for seqs_asked, targets in (([], [target]), (seqs[:1], [])):
        with pytest.raises(BadRequest):
            await forward(BOB, source, seqs_asked, targets, "f")
    long = await talk.say(ANN, source, "x" * 15)
    with pytest.raises(LimitReached):
        await forward(BOB, source, [seqs[0], long], [target], "f", merged=True)
    for text, refusal in (("x" * 4_097, TextTooLong), ("\x00", BadText)):
        with pytest.raises(refusal):
            await forward(BOB, source, seqs[:1], [target], "f", merged=True, text=text)
    for client_id in ("", "x" * 65, "a\n0"):
        with pytest.raises(BadRequest):
            await forward(BOB, source, seqs[:1], [target], client_id)
    assert await talk.stores.texts(target) == []
    fits = await forward(BOB, source, seqs[:2], both, "f")
    assert [len(one.events) for one in fits] == [2, 2]


async def test_a_repeated_conversation_gets_one_copy(talk, forward):
    source, target = await talk.direct(ANN, BOB), await talk.direct(BOB, CEM)
    seq = await talk.say(ANN, source, "one")
    done = await forward(BOB, source, [seq, seq], [target, target], "f")
    assert [len(one.events) for one in done] == [1]
