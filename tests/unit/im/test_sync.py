import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.im.paging import check_seq, page_size
from parlor.model.errors import BadRequest, NotFound, NotMember
from parlor.model.ids import ConversationId
from tests.support.storage import ANN, BOB, CEM, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, max_page_events=5) as opened:
        yield opened


async def test_catching_up_in_pages_gives_every_event_once(talk):
    direct = await talk.direct()
    said = [f"{n}" for n in range(12)]
    for text in said:
        await talk.say(ANN, direct, text)
    got, after, more = [], 0, True
    while more:
        page, last_seq, more = await talk.sync.events(BOB, direct, after, None, 5)
        got += page
        after = page[-1].seq
    assert [event.seq for event in got] == list(range(1, last_seq + 1))
    assert [event.text for event in got[1:]] == said


async def test_history_pages_backwards_to_the_beginning(talk):
    direct = await talk.direct()
    for n in range(8):
        await talk.say(ANN, direct, f"{n}")
    seen: list[int] = []
    before = None
    while True:
        page, _, more = await talk.sync.events(BOB, direct, None, before, 4)
        seen = [event.seq for event in page] + seen
        if not more:
            break
        before = page[0].seq
    assert seen == list(range(1, 10))


@pytest.mark.parametrize(
    ("after", "before", "limit", "seqs", "more"),
    [
        (None, None, 2, [5, 6], True),
        (None, 3, 5, [1, 2], False),
        (None, 1, 5, [], False),
        (4, None, 5, [5, 6], False),
        (4, None, 1, [5], True),
        (6, None, 5, [], False),
        (99, None, 5, [], False),
        (1, 5, 5, [2, 3, 4], False),
        (1, 5, 2, [2, 3], True),
        (3, 99, 5, [4, 5, 6], False),
        (0, None, 10**9, [1, 2, 3, 4, 5], True),
    ],
)
async def test_more_says_whether_the_direction_goes_on(talk, after, before, limit, seqs, more):
    direct = await talk.direct()
    for n in range(5):
        await talk.say(ANN, direct, f"{n}")
    events, last_seq, goes_on = await talk.sync.events(ANN, direct, after, before, limit)
    assert ([event.seq for event in events], goes_on, last_seq) == (seqs, more, 6)


async def test_who_is_not_a_member_cannot_read(talk):
    direct = await talk.direct()
    with pytest.raises(NotMember):
        await talk.sync.events(CEM, direct, 0, None, 5)
    for nowhere in (NOWHERE, ConversationId("x")):
        with pytest.raises(NotFound):
            await talk.sync.events(ANN, nowhere, 0, None, 5)


@pytest.mark.parametrize(("after", "before"), [(-1, None), (None, -1), (10**30, None), (0, 2**64)])
async def test_numbers_that_are_no_seq_are_refused(talk, after, before):
    with pytest.raises(BadRequest):
        await talk.sync.events(ANN, await talk.direct(), after, before, 5)


@given(st.integers())
def test_a_page_is_never_larger_than_allowed(asked):
    try:
        assert 1 <= page_size(asked, 50) <= 50
    except BadRequest:
        assert asked < 1


@given(st.integers())
def test_a_seq_always_fits_the_database(seq):
    try:
        assert 0 <= check_seq(seq) <= 2**53
    except BadRequest:
        assert not 0 <= seq <= 2**53


@pytest.mark.parametrize("forward", [True, False])
async def test_a_page_ends_where_its_texts_are_too_long_and_none_is_left_out(tmp_path, forward):
    async with open_talk(tmp_path, max_page_chars=100) as talk:
        direct = await talk.direct()
        for length in (60, 60, 40, 150, 10):
            await talk.send.text(ANN, direct, f"{length}{len(talk.told.pushes)}", "x" * length)
        pages: list[list[int]] = []
        place, more = (0 if forward else None), True
        while more:
            after, before = (place, None) if forward else (None, place)
            page, _, more = await talk.sync.events(BOB, direct, after, before, 50)
            pages.append([len(event.text) for event in page])
            place = page[-1].seq if forward else page[0].seq
    if forward:
        assert pages == [[0, 60], [60, 40], [150], [10]]
    else:
        assert pages == [[10], [150], [60, 40], [0, 60]]


@pytest.mark.parametrize("limit", [1, 2, 4, 5])
async def test_history_that_was_trimmed_ends_where_it_begins(talk, limit):
    direct = await talk.direct()
    for n in range(8):
        await talk.say(ANN, direct, f"{n}")
        talk.clock.at += 1
    # The last four are young enough.
    young, _ = await talk.stores.messages.events(direct, 5, None, 1)
    await talk.stores.retention.trim(young[0].sent_at, None, 100)
    pages, before, more = [], None, True
    while more:
        page, _, more = await talk.sync.events(BOB, direct, None, before, limit)
        pages.append([event.seq for event in page])
        before = page[0].seq
    assert [seq for page in reversed(pages) for seq in page] == [6, 7, 8, 9]
    assert len(pages) == -(-4 // limit)
