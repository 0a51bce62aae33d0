import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.search_words import (
    MAX_WORD_CHARS,
    beginnings,
    fold,
    fold_with_places,
    is_of_word,
    tokens,
    words_of,
)

TEXTS = st.text(max_size=60) | st.text(
    "aBé ßＡｶﾞ会议한국👍🏽-_'%\u0301\u200d\ufe0f कि\n", max_size=40
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CAFÉ", "cafe\u0301"),
        ("ＦＵＬＬ１２", "full12"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("ﾊﾟ", "パ"),
        ("ﾡﾢ", "ᄀᄁ"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("ﬁne", "fine"),
        ("Ёлка", "елка"),
        ("أحمد", "احمد"),
        ("שָׁלוֹם", "שלום"),
        ("❤\ufe0f", "❤"),
        ("zero\u200bwidth", "zerowidth"),
        ("①", "1"),
    ],
)
def test_forms_of_the_same_fold_to_the_same(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("는", "은"), ("कि", "की"), ("ท", "ที")])
def test_what_makes_another_word_is_not_folded_away(one, other):
    assert fold(one) != fold(other)


@given(TEXTS)
def test_folding_again_changes_nothing_that_words_depend_on(text):
    assert words_of(fold(text)) == words_of(text)


@given(TEXTS)
def test_each_folded_character_has_its_place_in_the_text(text):
    folded, places = fold_with_places(text)
    assert folded == fold(text)
    assert len(places) == len(folded)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


@given(TEXTS)
def test_words_are_short_and_never_spaces_or_capital_letters(text):
    for word in words_of(text):
        assert 1 <= len(word) <= MAX_WORD_CHARS
        assert not word.isspace()
        assert not (word[0].isascii() and word[0].isupper())


@given(TEXTS)
def test_normal_forms_have_the_same_words(text):
    composed = unicodedata.normalize("NFC", text)
    assert words_of(unicodedata.normalize("NFC", unicodedata.normalize("NFD", text))) == words_of(
        composed
    )


def test_scripts_with_spaces_give_words_and_others_give_characters_and_pairs():
    assert list(tokens(fold("Hi, 你好 v2_x! 서울"))) == [
        ("word", "hi"), ("run", "你好"), ("word", "v2"), ("sign", "_"), ("word", "x"),
        ("run", "서울"),
    ]  # fmt: skip
    assert words_of("你好吗") == {"你", "好", "吗", "你好", "好吗"}
    assert words_of("meetings") == {"mee", "meet", "meetin"}
    assert words_of("नमस्ते") == {"नमस", "नमस्", "नमस्ते"}


def test_a_word_is_kept_by_its_beginnings_and_a_short_one_whole():
    assert [beginnings(word) for word in ("a", "ab", "abc", "abcde", "abcdefgh")] == [
        ["a"], ["ab"], ["abc"], ["abc", "abcd"], ["abc", "abcd", "abcdef"],
    ]  # fmt: skip


def test_marks_of_a_sentence_are_no_words_and_other_signs_are():
    assert words_of("…,。!?()'-") == set()
    assert words_of("%*@ 👍") == {"%", "*", "@", "👍"}


def test_only_scripts_with_spaces_have_words_that_begin_and_end():
    assert [is_of_word(char) for char in "aé1Яकि"] == [True] * 6
    assert [is_of_word(char) for char in "你カ한ท_ -👍"] == [False] * 8
