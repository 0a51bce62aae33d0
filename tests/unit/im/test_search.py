import msgspec
import pytest

from parlor.im.search import Filters, Search, filters_of
from parlor.im.search_settings import SearchSettings
from parlor.model.errors import BadRequest, NotFound, NotMember
from parlor.model.event import Event, EventKind
from parlor.model.ids import ConversationId, UserId, event_id
from parlor.model.message_state import MessageState
from parlor.model.search_query import SearchKind
from parlor.ports.search import Hints, Spot
from tests.support.steady import HandClock

ANN = UserId("7")
TALK, OTHER = ConversationId("1"), ConversationId("2")


class Stored:
    """An index that gives `batches` of hints one after the other, and the messages behind them."""

    def __init__(self, *batches):
        self.batches = list(batches)
        self.asked = []
        self.said = {}
        self.states = {}

    async def find(self, user, wanted, before, limit):
        self.asked.append((wanted, before, limit))
        return self.batches.pop(0) if self.batches else Hints((), None)

    async def events_at(self, user, places):
        found = [(place.conversation_id, place.seq) for place in places]
        return [(self.said[one], self.states.get(one)) for one in found if one in self.said]

    async def member(self, conversation, user):
        return object() if conversation == TALK else None

    async def get(self, conversation):
        return object() if conversation == OTHER else None

    def say(self, seq, text, **fields):
        self.said[TALK, seq] = Event(
            TALK, seq, event_id(TALK, seq), EventKind.MESSAGE, ANN, seq * 10, text=text, **fields
        )
        return Spot(seq * 10, 1, seq)


def searching(stored, **settings):
    chosen = SearchSettings(**settings)
    return Search(stored, stored, stored, chosen, HandClock())


async def test_hints_are_compared_with_what_is_said_now():
    stored = Stored()
    spots = [
        stored.say(9, "the word"),
        stored.say(8, "taken back"),
        stored.say(7, ""),
        stored.say(6, "word", expires_at=1),
        stored.say(5, "edited"),
        Spot(40, 1, 4),
    ]
    stored.states[TALK, 5] = MessageState(5, 6, text="a word now")
    stored.batches = [Hints(tuple(spots), None)]
    hits, cursor = await searching(stored).messages(ANN, "word", Filters(), "", 10)
    assert [(hit.event.seq, hit.marks) for hit in hits] == [(9, ((4, 8),)), (5, ((2, 6),))]
    assert cursor == ""


async def test_looks_go_on_until_the_page_is_full_or_there_were_enough_of_them():
    stored = Stored(*(Hints((), Spot(100 - n, 1, 1)) for n in range(9)))
    hits, cursor = await searching(stored, max_looks=3).messages(ANN, "word", Filters(), "", 10)
    assert (list(hits), cursor) == ([], "98-1-1")
    assert [limit for _, _, limit in stored.asked] == [11, 100, 100]
    assert [before for _, before, _ in stored.asked] == [None, Spot(100, 1, 1), Spot(99, 1, 1)]


async def test_a_cursor_goes_on_after_the_last_message_of_the_page():
    stored = Stored()
    spots = tuple(stored.say(seq, "word") for seq in (9, 8, 7))
    stored.batches = [Hints(spots, None), Hints(spots[2:], None)]
    search = searching(stored)
    hits, cursor = await search.messages(ANN, "word", Filters(), "", 2)
    assert ([hit.event.seq for hit in hits], cursor) == ([9, 8], "80-1-8")
    hits, cursor = await search.messages(ANN, "word", Filters(), cursor, 2)
    assert stored.asked[-1][1] == spots[1]
    assert ([hit.event.seq for hit in hits], cursor) == ([7], "")


async def test_filters_that_the_index_was_not_asked_for_hold_all_the_same():
    stored = Stored()
    stored.batches = [Hints((stored.say(9, "word"), stored.say(8, "word https://x.org")), None)]
    filters = filters_of("", "", SearchKind.LINK, 0, 0)
    hits, _ = await searching(stored).messages(ANN, "word", filters, "", 5)
    assert [hit.event.seq for hit in hits] == [8]
    stored.batches = [Hints((Spot(90, 1, 9),), None)]
    hits, _ = await searching(stored).messages(ANN, "word", filters_of("", "8", None, 0, 0), "", 5)
    assert hits == []


async def test_marks_of_a_sentence_alone_find_nothing_and_ask_nobody():
    stored = Stored()
    assert await searching(stored).messages(ANN, "...", Filters(sender=ANN), "", 5) == ((), "")
    assert stored.asked == []


@pytest.mark.parametrize(
    ("text", "filters", "cursor", "limit"),
    [
        ("", Filters(), "", 5),
        ("  ", Filters(since_ms=1), "", 5),
        ("x" * 129, Filters(), "", 5),
        ("\ud800", Filters(), "", 5),
        ("x", Filters(since_ms=-1), "", 5),
        ("x", Filters(until_ms=2**60), "", 5),
        ("x", Filters(), "nonsense", 5),
        ("x", Filters(), "1-2", 5),
        ("x", Filters(), "1-2-3-4", 5),
        ("x", Filters(), "9999999999999999-1-1", 5),
        ("x", Filters(), "١-1-1", 5),
        ("x", Filters(), "", 0),
    ],
)
async def test_what_cannot_be_asked_is_refused(text, filters, cursor, limit):
    with pytest.raises(BadRequest):
        await searching(Stored()).messages(ANN, text, filters, cursor, limit)


async def test_the_longest_query_is_taken_and_a_page_has_at_most_so_many_hits():
    stored = Stored()
    stored.batches = [Hints(tuple(stored.say(seq, "x" * 128) for seq in (9, 8, 7)), None)]
    hits, cursor = await searching(stored, max_page_hits=2).messages(
        ANN, "x" * 128, Filters(), "", 50
    )
    assert (len(hits), cursor) == (2, "80-1-8")


async def test_who_is_not_in_a_conversation_is_told_so():
    search = searching(Stored())
    for talk, refused in ((OTHER, NotMember), (ConversationId("3"), NotFound)):
        with pytest.raises(refused):
            await search.messages(ANN, "x", Filters(conversation_id=talk), "", 5)


def test_what_is_empty_in_a_request_does_not_matter():
    assert filters_of("", "", None, 0, 0) == Filters()
    assert msgspec.structs.asdict(filters_of("1", "7", SearchKind.LINK, 3, 4)) == {
        "conversation_id": "1", "sender": "7", "kind": "link", "since_ms": 3, "until_ms": 4,
    }  # fmt: skip
