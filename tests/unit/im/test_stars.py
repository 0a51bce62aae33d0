import pytest

from parlor.model.errors import BadRequest, LimitReached, NotFound, NotMember
from parlor.model.ids import ConversationId
from tests.support.statements import counted_statements
from tests.support.storage import ANN, BOB, CEM, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, max_stars=5, max_page_stars=3) as opened:
        yield opened


async def listed(talk, user=ANN) -> list[str]:
    texts, cursor = [], ""
    while True:
        stars, cursor = await talk.own.stars.list(user, cursor, 100)
        texts += [star.event.text for star in stars]
        if not cursor:
            return texts


async def test_stars_are_listed_with_what_the_messages_say_the_last_first(talk):
    one, two = await talk.direct(ANN, BOB), await talk.direct(ANN, CEM)
    places = [(one, await talk.say(BOB, one, "a")), (two, await talk.say(CEM, two, "b"))]
    for talk_id, seq in places:
        await talk.own.stars.set(ANN, talk_id, seq, on=True)
    assert await listed(talk) == ["b", "a"]
    assert await listed(talk, BOB) == []


async def test_a_list_longer_than_a_page_goes_on_by_its_cursor(talk):
    direct = await talk.direct()
    for n in range(5):
        await talk.own.stars.set(ANN, direct, await talk.say(BOB, direct, f"{n}"), on=True)
    assert await listed(talk) == ["4", "3", "2", "1", "0"]


async def test_a_star_comes_off(talk):
    direct = await talk.direct()
    seq = await talk.say(BOB, direct, "a")
    await talk.own.stars.set(ANN, direct, seq, on=True)
    await talk.own.stars.set(ANN, direct, seq, on=False)
    assert await listed(talk) == []
    assert await talk.own.stars.set(ANN, direct, seq, on=False) is None


async def test_starring_twice_is_one_star(talk):
    direct = await talk.direct()
    seq = await talk.say(BOB, direct, "a")
    assert await talk.own.stars.set(ANN, direct, seq, on=True) is not None
    assert await talk.own.stars.set(ANN, direct, seq, on=True) is None
    assert await listed(talk) == ["a"]


async def test_who_is_removed_while_they_star_hears_that_they_are_out(talk, monkeypatch):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(ANN, group, "a")
    look = talk.stores.changes.events_at

    async def removed_first(*what):
        await talk.groups.acts.remove(ANN, group, "r", [BOB])
        return await look(*what)

    monkeypatch.setattr(talk.stores.changes, "events_at", removed_first)
    with pytest.raises(NotMember):
        await talk.own.stars.set(BOB, group, seq, on=True)


async def test_only_messages_one_can_read_are_starred(talk):
    direct = await talk.direct()
    seq = await talk.say(BOB, direct, "secret")
    for number in (1, 99, -1, 2**60):
        with pytest.raises(BadRequest):
            await talk.own.stars.set(ANN, direct, number, on=True)
    for on in (True, False):
        with pytest.raises(NotMember):
            await talk.own.stars.set(CEM, direct, seq, on=on)
        for nowhere in (NOWHERE, ConversationId("'; --"), ConversationId("\ud800")):
            with pytest.raises(NotFound):
                await talk.own.stars.set(ANN, nowhere, 1, on=on)


async def test_there_are_only_so_many_stars(talk):
    direct = await talk.direct()
    seqs = [await talk.say(BOB, direct, f"{n}") for n in range(6)]
    for seq in seqs[:5]:
        await talk.own.stars.set(ANN, direct, seq, on=True)
    with pytest.raises(LimitReached):
        await talk.own.stars.set(ANN, direct, seqs[5], on=True)


async def test_what_is_not_kept_any_more_is_left_out(talk):
    direct = await talk.direct()
    for n in range(3):
        talk.clock.at += 10
        await talk.own.stars.set(ANN, direct, await talk.say(BOB, direct, f"{n}"), on=True)
    await talk.stores.retention.trim(talk.clock.unix_ms() - 5_000, None, 100)
    assert await listed(talk) == ["2"]


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 17, "१"])
async def test_a_made_up_cursor_is_refused(talk, cursor):
    with pytest.raises(BadRequest):
        await talk.own.stars.list(ANN, cursor, 10)


async def test_a_page_costs_the_same_few_queries_over_many_conversations(tmp_path):
    async with open_talk(tmp_path) as talk:
        for n in range(30):
            group = await talk.group(ANN, BOB)
            await talk.own.stars.set(ANN, group, await talk.say(BOB, group, f"{n}"), on=True)
        with counted_statements() as seen:
            stars, _ = await talk.own.stars.list(ANN, "", 100)
        assert (len(stars), len(seen) <= 4) == (30, True)
