"""What every driver of `ports.entrances` promises."""

import asyncio

import msgspec
import pytest

from parlor.model.conversation import ConversationKind
from parlor.model.errors import Forbidden, LimitReached, NotFound
from parlor.model.group_link import GroupLink, JoinRequest
from parlor.model.ids import ConversationId
from parlor.model.standing import Standing
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE, STORES

GROUP, OTHER = ConversationId(str(2**52 + 2_000)), ConversationId("77")
LINK = GroupLink("q7", GROUP, ANN, 1_000)


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM, DAN)
        await opened.add_talk(GROUP, (ANN, BOB), ConversationKind.GROUP)
        await opened.add_talk(OTHER, (ANN, BOB), ConversationKind.GROUP)
        yield opened


def yes(standing):
    pass


def no(standing):
    raise Forbidden


def make(stores, code, client_id=None, most=5, check=yes, **values):
    link = msgspec.structs.replace(LINK, code=code, **values)
    return stores.entrances.make_link(link, client_id or code, most, check)


async def codes(stores, now_ms):
    return [link.code for link in await stores.entrances.links(GROUP, now_ms)]


async def test_a_link_is_found_by_its_code(stores):
    made = await make(stores, "q7", expires_at=5_000, max_uses=3)
    assert made == GroupLink("q7", GROUP, ANN, 1_000, 5_000, 3)
    assert await stores.entrances.link("q7") == made
    assert await stores.entrances.link("Q7") is None
    assert await stores.entrances.link("") is None


async def test_the_same_request_again_is_the_same_link(stores):
    first = await make(stores, "q7", "c-1")
    assert await make(stores, "q8", "c-1") == first
    assert await stores.entrances.link("q8") is None
    assert (await make(stores, "q9", "c-1", made_by=BOB)).code == "q9"


async def test_links_that_work_are_listed_newest_first(stores):
    await make(stores, "old", made_at=1)
    await make(stores, "new", made_at=9)
    await make(stores, "short", made_at=5, expires_at=50)
    await make(stores, "ended", made_at=6)
    await stores.entrances.end_link(GROUP, "ended", ANN, 7, yes)
    assert await codes(stores, 49) == ["new", "short", "old"]
    assert await codes(stores, 50) == ["new", "old"]
    assert await stores.entrances.links(NOWHERE, 1) == []


async def test_a_group_has_only_so_many_links_that_work(stores):
    await make(stores, "a", most=2)
    await make(stores, "b", most=2, expires_at=1_500)
    with pytest.raises(LimitReached):
        await make(stores, "c", most=2)
    await make(stores, "d", most=2, made_at=2_000)
    assert await stores.entrances.link("c") is None


async def test_who_may_not_makes_and_ends_no_link(stores):
    with pytest.raises(Forbidden):
        await make(stores, "q7", check=no)
    assert await stores.entrances.link("q7") is None
    await make(stores, "q8")
    with pytest.raises(Forbidden):
        await stores.entrances.end_link(GROUP, "q8", BOB, 5, no)
    assert not (await stores.entrances.link("q8")).ended


async def test_the_check_sees_who_acts(stores):
    seen: list[Standing] = []
    await make(stores, "q7", check=seen.append)
    await stores.entrances.end_link(GROUP, "q7", CEM, 5, seen.append)
    assert [standing.actor and standing.actor.user_id for standing in seen] == [ANN, None]
    assert {standing.conversation.id for standing in seen} == {GROUP}


async def test_a_link_ends_once_and_only_in_its_group(stores):
    await make(stores, "q7")
    with pytest.raises(NotFound):
        await stores.entrances.end_link(OTHER, "q7", ANN, 5, yes)
    with pytest.raises(NotFound):
        await stores.entrances.end_link(GROUP, "nothing", ANN, 5, yes)
    assert await stores.entrances.end_link(GROUP, "q7", ANN, 5, yes)
    assert not await stores.entrances.end_link(GROUP, "q7", ANN, 5, yes)


async def test_asking_again_changes_the_words_and_is_not_new(stores):
    assert await stores.entrances.ask(JoinRequest(GROUP, CEM, "please", 5), "", 9, yes)
    again = JoinRequest(GROUP, CEM, "please!", 6)
    assert not await stores.entrances.ask(again, "", 1, yes)
    assert await stores.entrances.asking(GROUP, CEM) == again
    assert await stores.entrances.asking(OTHER, CEM) is None


async def test_only_so_many_wait(stores):
    await stores.entrances.ask(JoinRequest(GROUP, CEM, "", 5), "", 1, yes)
    with pytest.raises(LimitReached):
        await stores.entrances.ask(JoinRequest(GROUP, DAN, "", 5), "", 1, yes)
    assert await stores.entrances.asking(GROUP, DAN) is None


def invited(*people):
    return [JoinRequest(GROUP, person, "", 5, BOB) for person in people]


async def test_those_who_are_invited_wait_beside_those_who_ask(stores):
    asks = JoinRequest(GROUP, CEM, "please", 4)
    await stores.entrances.ask(asks, "", 9, yes)
    seen: list[Standing] = []

    def who_is_out(standing):
        seen.append(standing)
        return [person for person in (ANN, CEM, DAN) if person not in standing.others]

    found = await stores.entrances.ask_for(invited(ANN, CEM, DAN), BOB, 2, who_is_out)
    assert [(one.user_id, is_new) for one, is_new in found] == [(CEM, False), (DAN, True)]
    assert (seen[0].member.user_id, set(seen[0].others)) == (BOB, {ANN})
    assert list(await stores.entrances.requests(GROUP, None, 9)) == [asks, *invited(DAN)]


async def test_too_many_or_unknown_guests_leave_nobody_waiting(stores):
    with pytest.raises(LimitReached):
        await stores.entrances.ask_for(invited(CEM, DAN), BOB, 1, lambda _: (CEM, DAN))
    with pytest.raises(NotFound):
        await stores.entrances.ask_for(invited(CEM, NOBODY), BOB, 9, lambda _: (CEM, NOBODY))
    assert await stores.entrances.ask_for(invited(CEM), BOB, 9, lambda _: ()) == []
    assert await stores.entrances.requests(GROUP, None, 9) == []


async def test_whoever_may_not_ask_is_not_remembered(stores):
    with pytest.raises(Forbidden):
        await stores.entrances.ask(JoinRequest(GROUP, CEM, "", 5), "", 9, no)
    assert await stores.entrances.requests(GROUP, None, 9) == []


async def test_the_check_of_a_request_sees_the_link(stores):
    made = await make(stores, "q7")
    seen: list[Standing] = []
    await stores.entrances.ask(JoinRequest(GROUP, CEM, "", 5), "q7", 9, seen.append)
    assert [(standing.actor, standing.link) for standing in seen] == [(None, made)]


async def test_requests_come_in_the_order_of_people_page_by_page(stores):
    for person in (DAN, CEM):
        await stores.entrances.ask(JoinRequest(GROUP, person, "", 5), "", 9, yes)
    (first,) = await stores.entrances.requests(GROUP, None, 1)
    (second,) = await stores.entrances.requests(GROUP, first.user_id, 9)
    assert (first.user_id, second.user_id) == (CEM, DAN)


async def test_a_request_is_refused_once(stores):
    await stores.entrances.ask(JoinRequest(GROUP, CEM, "", 5), "", 9, yes)
    with pytest.raises(Forbidden):
        await stores.entrances.refuse(GROUP, CEM, BOB, 6, no)
    answers = await asyncio.gather(
        *(stores.entrances.refuse(GROUP, CEM, ANN, 6, yes) for _ in range(3))
    )
    assert sorted(answers) == [False, False, True]
    assert await stores.entrances.asking(GROUP, CEM) is None
