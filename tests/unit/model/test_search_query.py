from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.event import Event, EventKind, Forwarded
from parlor.model.ids import ConversationId, EventId, UserId
from parlor.model.search_query import (
    MAX_MARKED,
    SearchKind,
    indexed_words,
    parse_query,
    word_of_kind,
    word_of_sender,
)
from parlor.model.search_words import words_of

SIGNS = "aAbé1ß ＡｶﾞィЯ会议한국ที👍🏽❤\ufe0f-_'%*\u0301\u200d कि\n"
TEXTS = st.text(SIGNS, max_size=40) | st.text(max_size=40)


def message(text="", **fields):
    return Event(
        ConversationId("1"), 2, EventId("1-2"), EventKind.MESSAGE, UserId("7"), 5, text=text,
        **fields,
    )  # fmt: skip


@given(TEXTS, st.data())
def test_whatever_says_it_has_every_word_that_it_is_looked_up_by(text, data):
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : data.draw(st.integers(start, len(text)))]
    query = parse_query(piece)
    marks = query.marks(text)
    if marks is not None:
        assert set(query.words) <= words_of(text)
        assert all(0 <= start < end <= len(text) for start, end in marks)
        assert all(one[1] < other[0] for one, other in pairwise(marks))


@given(TEXTS)
def test_every_text_says_itself(text):
    query = parse_query(text)
    assert query.marks(text) is not None
    assert set(query.words) <= words_of(text)


@given(TEXTS, TEXTS)
def test_any_text_can_be_looked_for_in_any_other(query, text):
    parse_query(query).marks(text)


@pytest.mark.parametrize(
    ("looked_for", "text", "marked"),
    [
        ("hel", "Say Hello hel", ["Hel", "hel"]),
        ("ello", "hello", None),
        ("hi", "hide, hi!", ["hi"]),
        ("hi hide", "hide, hi!", ["hide", "hi"]),
        ("hi,", "hide hi, you", ["hi,"]),
        ("好吗", "你好吗？", ["好吗"]),
        ("好吗", "好 吗", None),
        ("你 吗", "你好吗", ["你", "吗"]),
        ("c++", "C++ or c", ["C++"]),
        ("a-b", "a-bc", None),
        ("a-b", "x a-b.", ["a-b"]),
        ("10%", "100% 10%", ["10%"]),
        ("ss", "Straße ss", ["ss"]),
        ("strass", "eine Straße", ["Straß"]),
        ("か", "がか", ["か"]),
        ("👍", "👍🏽", ["👍"]),
        ("“quoted”", "he “quoted” it", ["“quoted”"]),
        ("", "anything", []),
    ],
)
def test_a_part_is_found_as_it_is_written(looked_for, text, marked):
    marks = parse_query(looked_for).marks(text)
    assert (None if marks is None else [text[start:end] for start, end in marks]) == marked


def test_marks_that_touch_are_one_and_no_more_are_given_than_are_drawn():
    assert parse_query("你好 好吗").marks("你好吗") == [(0, 3)]
    marks = parse_query("a").marks("a " * 100)
    assert marks is not None
    assert len(marks) == MAX_MARKED


def test_what_says_most_is_looked_up_first():
    assert parse_query("a 好 meeting 你好 the %").words == (
        "meetin", "你好", "the", "%", "a", "好",
    )  # fmt: skip


def test_a_message_is_found_by_its_words_its_sender_and_its_kinds():
    said = message("see http://example.org")
    assert indexed_words(said, None) == words_of(said.text) | {"S7", "Klink"}
    assert indexed_words(said, "nothing") == words_of("nothing") | {"S7"}
    forwarded = message("x", forwarded=Forwarded(UserId("8"), 1))
    assert indexed_words(forwarded, None) == {"x", "S7", "Kforwarded"}
    merged = message(merged=(Forwarded(UserId("8"), 1, "x"),))
    assert indexed_words(merged, None) == {"S7", "Kmerged"}
    assert word_of_sender(UserId("7")) == "S7"
    assert word_of_kind(SearchKind.LINK) == "Klink"


def test_what_says_nothing_is_not_in_the_index():
    assert indexed_words(message(""), None) == set()
    assert indexed_words(message("x"), "") == set()
    edit = message("x")
    edit = Event(edit.conversation_id, 3, EventId("1-3"), EventKind.EDIT, UserId("7"), 5, text="x")
    assert indexed_words(edit, None) == set()
