import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.im.settings import ImSettings
from parlor.model.errors import BadRequest, BadText, LimitReached, NotFound, NotMember, TextTooLong
from parlor.model.ids import ConversationId, DeviceId
from parlor.model.self_log import SelfKind
from tests.support.own_services import own_services
from tests.support.storage import ANN, BOB, CEM, NOWHERE
from tests.support.talk import open_talk

PHONE, DESK = DeviceId("phone"), DeviceId("desk")


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, max_draft_chars=10, max_own_settings=3) as opened:
        yield opened


async def own(talk, user=ANN) -> dict[str, object]:
    page = await talk.own.log.list(user, 0, "", 100)
    return {
        entry.key: entry.body and msgspec.json.decode(entry.body)
        for entry in page.entries
        if entry.kind in (SelfKind.DRAFT, SelfKind.SETTING)
    }


async def test_a_draft_is_kept_as_it_was_left_and_seen_by_nobody_else(talk):
    direct = await talk.direct()
    await talk.own.drafts.set(ANN, direct, "  hi \n", 1)
    assert await own(talk) == {f"d:{direct}": {"text": "  hi \n", "reply_to": 1}}
    assert await own(talk, BOB) == {}


async def test_an_empty_draft_is_none(talk):
    direct = await talk.direct()
    await talk.own.drafts.set(ANN, direct, "hi", 0)
    await talk.own.drafts.set(ANN, direct, "", 0)
    assert await own(talk) == {f"d:{direct}": None}
    assert await talk.own.drafts.set(ANN, direct, "", 0) is None


async def test_sending_takes_away_no_draft_that_another_device_has_written_since(talk):
    direct = await talk.direct()
    phone = talk.own.drafts
    first = await phone.set(ANN, direct, "hi", 0, device=PHONE)
    assert await phone.set(ANN, direct, "wait", 0, device=DESK) is not None
    kept = await phone.set(ANN, direct, "", 0, device=PHONE, seen=first.seq)
    assert msgspec.json.decode(kept.body) == {"text": "wait", "device": DESK}
    assert await own(talk) == {f"d:{direct}": {"text": "wait", "device": DESK}}
    gone = await phone.set(ANN, direct, "", 0, device=PHONE, seen=kept.seq)
    assert gone.body is None
    assert await phone.set(ANN, direct, "", 0, device=PHONE, seen=0) is None


async def test_sending_takes_away_what_the_device_wrote_and_has_no_answer_to_yet(talk):
    direct = await talk.direct()
    await talk.own.drafts.set(ANN, direct, "hi", 0, device=PHONE)
    await talk.own.drafts.set(ANN, direct, "", 0, device=PHONE, seen=0)
    assert await own(talk) == {f"d:{direct}": None}


async def test_a_draft_has_only_so_many_characters(talk):
    direct = await talk.direct()
    await talk.own.drafts.set(ANN, direct, "x" * 10, 0)
    with pytest.raises(TextTooLong):
        await talk.own.drafts.set(ANN, direct, "x" * 11, 0)


async def test_a_draft_is_written_where_one_is(talk):
    direct = await talk.direct()
    for text, seen in (("hi", None), ("", None), ("", 0)):
        with pytest.raises(NotMember):
            await talk.own.drafts.set(CEM, direct, text, 0, seen=seen)
    for nowhere in (NOWHERE, ConversationId("x"), ConversationId("\ud800")):
        with pytest.raises(NotFound):
            await talk.own.drafts.set(ANN, nowhere, "hi", 0)
    with pytest.raises(BadText):
        await talk.own.drafts.set(ANN, direct, "\ud800", 0)
    for reply_to in (-1, 2**60):
        with pytest.raises(BadRequest):
            await talk.own.drafts.set(ANN, direct, "hi", reply_to)
        with pytest.raises(BadRequest):
            await talk.own.drafts.set(ANN, direct, "", 0, seen=reply_to)


async def test_a_setting_is_json_under_a_name(talk):
    await talk.own.preferences.set(ANN, "web.theme", '{"dark": true}')
    assert await own(talk) == {"s:web.theme": {"dark": True}}
    await talk.own.preferences.set(ANN, "web.theme", None)
    assert await own(talk) == {"s:web.theme": None}


@pytest.mark.parametrize("name", ["", "A", "-a", "a" * 65, "a b", "ä", "a\n", "parlor.privacy"])
async def test_a_setting_has_a_plain_name_that_the_server_does_not_use(talk, name):
    with pytest.raises(BadRequest):
        await talk.own.preferences.set(ANN, name, "1")


@pytest.mark.parametrize("value", ["", "x", "{", "\ud800", '"' + "x" * 4_095 + '"', "[" * 5_000])
async def test_a_setting_that_is_no_json_or_too_large_is_refused(talk, value):
    with pytest.raises(BadRequest):
        await talk.own.preferences.set(ANN, "a", value)


async def test_the_size_of_a_setting_is_counted_in_bytes(talk):
    await talk.own.preferences.set(ANN, "a", '"' + "x" * 4_094 + '"')
    with pytest.raises(BadRequest):
        await talk.own.preferences.set(ANN, "a", '"' + "é" * 2_100 + '"')


async def test_there_are_only_so_many_settings(talk):
    for name in "abc":
        await talk.own.preferences.set(ANN, name, "1")
    await talk.own.preferences.set(ANN, "a", "2")
    with pytest.raises(LimitReached):
        await talk.own.preferences.set(ANN, "d", "1")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
async def test_any_text_is_kept_or_refused_with_a_reason(text):
    services = own_services(settings=ImSettings(max_own_setting_bytes=50))
    try:
        await services.preferences.set(ANN, "a", text)
    except BadRequest:
        return
    (entry,) = (await services.log.list(ANN, 0, "", 10)).entries
    assert entry.body == text.encode()
    msgspec.json.decode(text)
