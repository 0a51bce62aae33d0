"""The promises of `ports.relations.Relations`, against every driver."""

import asyncio
from functools import partial

import msgspec
import pytest

from parlor.im import relating
from parlor.im.people_settings import PeopleSettings
from parlor.model.errors import NotFound, NotWanted
from parlor.model.people import Contact, ContactState, Pair, Privacy, Who
from parlor.model.self_log import SelfKind
from tests.support.people_stores import PEOPLE_STORES
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY

LIMITS = PeopleSettings()
NOW = 1_800_000_000_000
DAY = 86_400_000


@pytest.fixture(params=sorted(PEOPLE_STORES))
async def people(request, tmp_path):
    async with PEOPLE_STORES[request.param](tmp_path) as stores:
        yield stores


@pytest.fixture
def relations(people):
    return people.relations


def asking(text="Hello", now=NOW):
    return lambda pair: relating.ask(pair, text, now, LIMITS)


def answering(accept, now=NOW):
    return lambda pair: relating.answer(pair, accept, now, LIMITS)


async def agree(relations, one, other, now=NOW):
    await relations.change(one, other, asking(now=now), now)
    await relations.change(other, one, answering(True, now), now)


def told(entries):
    return [(entry.user_id, entry.key, entry.body is not None) for entry in entries]


async def test_a_request_is_there_on_both_sides_with_its_greeting(relations):
    pair, entries = await relations.change(ANN, BOB, asking("I am Ann"), NOW)
    assert (pair.mine.state, pair.theirs.state) == (ContactState.ASKED, ContactState.ASKS)
    assert told(entries) == [(ANN, f"r:{BOB}", True), (BOB, f"r:{ANN}", True)]
    assert entries[0].kind is SelfKind.REQUEST
    assert await relations.contacts(BOB, [ContactState.ASKS], None, 10) == [
        Contact(ANN, ContactState.ASKS, text="I am Ann", at=NOW)
    ]
    body = msgspec.json.decode(entries[1].body, type=Contact)
    assert body == Contact(ANN, ContactState.ASKS, text="I am Ann", at=NOW)


async def test_both_are_contacts_once_it_is_agreed(relations):
    await agree(relations, ANN, BOB)
    for one, other in ((ANN, BOB), (BOB, ANN)):
        pair = await relations.pair(one, other)
        assert pair.mine.is_contact
        assert pair.theirs.is_contact
        listed = await relations.contacts(one, [ContactState.CONTACT], None, 10)
        assert [contact.user_id for contact in listed] == [other]


async def test_an_agreement_moves_the_entry_from_requests_to_contacts(relations):
    await relations.change(ANN, BOB, asking(), NOW)
    _, entries = await relations.change(BOB, ANN, answering(True), NOW)
    assert told(entries) == [
        (BOB, f"r:{ANN}", False),
        (BOB, f"k:{ANN}", True),
        (ANN, f"r:{BOB}", False),
        (ANN, f"k:{BOB}", True),
    ]


async def test_entries_are_numbered_in_each_persons_own_log(relations):
    _, first = await relations.change(ANN, BOB, asking(), NOW)
    _, second = await relations.change(ANN, CEM, asking(), NOW)
    assert [(entry.user_id, entry.seq) for entry in (*first, *second)] == [
        (ANN, 1),
        (BOB, 1),
        (ANN, 2),
        (CEM, 1),
    ]


async def test_two_who_ask_at_once_are_contacts(relations):
    await asyncio.gather(
        relations.change(ANN, BOB, asking(), NOW), relations.change(BOB, ANN, asking(), NOW)
    )
    assert (await relations.pair(ANN, BOB)).mine.is_contact


async def test_a_decision_for_nothing_stores_nothing(relations):
    await agree(relations, ANN, BOB)
    pair, entries = await relations.change(ANN, BOB, asking("again"), NOW + 1)
    assert pair.mine.is_contact
    assert list(entries) == []


async def test_a_refusal_stores_nothing(relations):
    await relations.change(BOB, ANN, partial(relating.block, now_ms=NOW, limits=LIMITS), NOW)
    with pytest.raises(NotWanted):
        await relations.change(ANN, BOB, asking(), NOW)
    assert await relations.contacts(BOB, list(ContactState), None, 10) == []


async def test_nobody_asks_somebody_who_does_not_exist(relations):
    for one, other in ((ANN, NOBODY), (NOBODY, ANN)):
        with pytest.raises(NotFound):
            await relations.change(one, other, asking(), NOW)
        with pytest.raises(NotFound):
            await relations.pair(one, other)


async def test_remark_and_tags_are_ones_own(relations):
    await agree(relations, ANN, BOB)
    tags = ("work", "標籤", 'a"b')
    await relations.change(ANN, BOB, lambda pair: relating.describe(pair, "Bobby'; --", tags), NOW)
    mine = (await relations.pair(ANN, BOB)).mine
    assert (mine.remark, mine.tags) == ("Bobby'; --", tags)
    theirs = (await relations.pair(BOB, ANN)).mine
    assert (theirs.remark, theirs.tags) == ("", ())


async def test_lists_are_paged_in_the_order_of_ids(relations):
    for other in (DAN, BOB, CEM):
        await agree(relations, ANN, other)
        await relations.change(
            ANN, other, partial(relating.block, now_ms=NOW + 5, limits=LIMITS), NOW
        )
    states = [ContactState.CONTACT]
    first = await relations.contacts(ANN, states, None, 2)
    rest = await relations.contacts(ANN, states, first[-1].user_id, 2)
    assert [contact.user_id for contact in (*first, *rest)] == [BOB, CEM, DAN]
    first = await relations.blocks(ANN, None, 2)
    rest = await relations.blocks(ANN, first[-1].user_id, 2)
    assert [(one.user_id, one.at) for one in (*first, *rest)] == [
        (BOB, NOW + 5),
        (CEM, NOW + 5),
        (DAN, NOW + 5),
    ]


async def test_a_block_comes_and_goes_with_its_entry(relations):
    _, entries = await relations.change(
        ANN, BOB, partial(relating.block, now_ms=NOW, limits=LIMITS), NOW
    )
    assert told(entries) == [(ANN, f"b:{BOB}", True)]
    assert (await relations.pair(BOB, ANN)).is_blocked
    _, entries = await relations.change(ANN, BOB, relating.unblock, NOW)
    assert told(entries) == [(ANN, f"b:{BOB}", False)]
    assert not (await relations.pair(BOB, ANN)).is_blocked
    assert await relations.blocks(ANN, None, 10) == []


async def test_a_pair_says_how_many_each_has(relations):
    await agree(relations, ANN, BOB)
    await relations.change(ANN, CEM, asking(), NOW)
    await relations.change(ANN, DAN, asking(), NOW)
    await relations.change(ANN, DAN, relating.part, NOW)
    await relations.change(BOB, DAN, partial(relating.block, now_ms=NOW, limits=LIMITS), NOW)
    seen: list[Pair] = []
    await relations.change(ANN, CEM, lambda pair: seen.append(pair), NOW)
    await relations.change(BOB, CEM, lambda pair: seen.append(pair), NOW)
    ann, cem, bob = seen[0].i_hold, seen[0].they_hold, seen[1].i_hold
    assert (ann.contacts, ann.asked, ann.asking, ann.blocks) == (1, 2, 0, 0)
    assert (cem.contacts, cem.asked, cem.asking) == (0, 0, 1)
    assert (bob.contacts, bob.blocks) == (1, 1)


async def test_what_was_asked_more_than_a_day_ago_is_not_counted(relations):
    await relations.change(ANN, CEM, asking(now=NOW - DAY), NOW - DAY)
    await relations.change(ANN, DAN, asking(now=NOW - DAY + 1), NOW - DAY + 1)
    seen: list[Pair] = []
    await relations.change(ANN, BOB, lambda pair: seen.append(pair), NOW)
    assert seen[0].i_hold.asked == 1


async def test_old_requests_are_forgotten_a_page_at_a_time_and_both_are_told(relations):
    await relations.change(ANN, BOB, asking(now=NOW), NOW)
    await relations.change(ANN, CEM, asking(now=NOW + 10), NOW)
    await relations.change(ANN, DAN, asking(now=NOW), NOW)
    await relations.change(ANN, DAN, relating.part, NOW)
    gone, rows = [], 1
    while rows:
        entries, rows = await relations.expire(NOW + 10, NOW + 20, 1)
        gone += entries
    assert sorted(told(gone)) == [(ANN, f"r:{BOB}", False), (BOB, f"r:{ANN}", False)]
    listed = await relations.contacts(ANN, list(ContactState), None, 10)
    assert [contact.user_id for contact in listed] == [CEM]


async def test_a_contact_never_runs_out(relations):
    await agree(relations, ANN, BOB)
    assert await relations.expire(NOW + 10**12, NOW, 10) == ([], 0)
    assert (await relations.pair(ANN, BOB)).mine.is_contact


async def test_who_refuses_to_be_added_to_groups_is_known_beforehand(people):
    relations, profiles = people.relations, people.profiles
    await agree(relations, ANN, BOB)
    for picky in (BOB, CEM):
        await profiles.change_privacy(picky, lambda _: Privacy(groups=Who.CONTACTS), NOW)
    assert await relations.refusing_groups(ANN, [BOB, CEM, DAN, CEM, NOBODY]) == [CEM]
    await relations.change(DAN, ANN, partial(relating.block, now_ms=NOW, limits=LIMITS), NOW)
    assert sorted(await relations.refusing_groups(ANN, [BOB, CEM, DAN])) == [CEM, DAN]
    assert await relations.refusing_groups(ANN, []) == []
