"""What every driver of `ports.changes` promises: reading for many conversations at once."""

import pytest

from parlor.model.conversation import ConversationKind
from parlor.model.event import EventKind
from parlor.model.ids import ConversationId
from parlor.model.stretch import Head, Stretch
from parlor.ports.changes import Place
from tests.support.storage import ANN, BOB, CEM, NOBODY, NOWHERE, STORES, TALK

TALKS = [ConversationId(str(2**52 + 2_000 + n)) for n in range(5)]


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk()
        for number, talk in enumerate(TALKS):
            await opened.add_talk(talk, (ANN, BOB), ConversationKind.GROUP, at_ms=10 + number)
            for n in range(4):
                await opened.say(f"{n}", talk=talk, at_ms=20 + number)
        yield opened


async def test_heads_are_listed_the_most_recently_active_first(stores):
    heads = await stores.changes.heads(ANN, None, 100)
    assert heads[0] == Head(TALKS[4], 5, 1, 24)
    assert [head.id for head in heads] == [*TALKS[::-1], TALK]
    assert await stores.changes.heads(CEM, None, 100) == []
    assert await stores.changes.heads(NOBODY, None, 100) == []


async def test_heads_go_on_after_a_place(stores):
    seen, before = [], None
    while page := await stores.changes.heads(ANN, before, 2):
        seen += [head.id for head in page]
        before = page[-1].active_at, page[-1].id
    assert seen == [*TALKS[::-1], TALK]


async def test_views_are_those_of_the_conversations_one_is_in(stores):
    await stores.add_talk(NOWHERE, (BOB, CEM), ConversationKind.GROUP)
    views = await stores.changes.views(ANN, [TALKS[1], NOWHERE, ConversationId("x"), TALK])
    assert views.keys() == {TALKS[1], TALK}
    assert views[TALKS[1]] == await stores.conversations.view(TALKS[1], ANN)


async def test_pieces_are_the_events_of_each_stretch_in_order(stores):
    wanted = [Stretch(TALKS[0], 1, 3), Stretch(TALKS[3], 4, 99), Stretch(NOWHERE, 0, 9)]
    pieces = await stores.changes.pieces(ANN, wanted)
    assert {talk: [event.seq for event in piece.events] for talk, piece in pieces.items()} == {
        TALKS[0]: [2, 3],
        TALKS[3]: [5],
    }
    assert pieces[TALKS[0]].events[0].text == "0"
    assert await stores.changes.pieces(ANN, []) == {}


async def test_more_stretches_than_one_statement_takes_are_all_read(stores):
    many = [ConversationId(str(2**51 + n)) for n in range(140)]
    for talk in many:
        await stores.add_talk(talk, (ANN, BOB), ConversationKind.GROUP)
    pieces = await stores.changes.pieces(ANN, [Stretch(talk, 0, 1) for talk in many])
    assert pieces.keys() == set(many)
    assert all(piece.events[0].kind is EventKind.CREATED for piece in pieces.values())


async def test_events_at_places_come_in_the_order_asked_for(stores):
    places = [Place(TALKS[2], 3), Place(TALKS[0], 2), Place(TALKS[2], 2), Place(TALKS[1], 99)]
    found = await stores.changes.events_at(ANN, places)
    assert [(event.conversation_id, event.seq) for event, _ in found] == [
        (TALKS[2], 3),
        (TALKS[0], 2),
        (TALKS[2], 2),
    ]


async def test_nobody_reads_at_places_where_they_are_not(stores):
    assert await stores.changes.events_at(CEM, [Place(TALKS[2], 3)]) == []
    assert await stores.changes.events_at(NOBODY, [Place(TALKS[2], 3)]) == []
    assert await stores.changes.events_at(ANN, [Place(ConversationId("x"), 3)]) == []
    assert await stores.changes.events_at(ANN, []) == []


async def test_a_place_in_a_log_is_found_by_its_time(stores):
    for n in range(30):
        await stores.say(f"at {n}", at_ms=1_000 + 10 * n)
    at = stores.changes.seq_at
    assert [await at(ANN, TALK, ms) for ms in (0, 1, 2, 1_000, 1_001, 1_010, 1_290, 1_291)] == [
        1, 1, 2, 2, 3, 3, 31, 32,
    ]  # fmt: skip
    events, _ = await stores.messages.events(TALK, await at(ANN, TALK, 1_155) - 1, None, 1)
    assert events[0].text == "at 16"


async def test_nobody_finds_places_where_they_are_not(stores):
    assert await stores.changes.seq_at(CEM, TALK, 5) is None
    assert await stores.changes.seq_at(ANN, NOWHERE, 5) is None
    assert await stores.changes.seq_at(ANN, ConversationId("x"), 5) is None


async def test_a_place_is_found_among_what_is_kept(stores):
    for n in range(9):
        await stores.say(f"{n}", at_ms=100 + n)
    await stores.retention.trim(105, None, 100)
    assert await stores.changes.seq_at(ANN, TALK, 0) == 7
    assert await stores.changes.seq_at(ANN, TALK, 107) == 9
