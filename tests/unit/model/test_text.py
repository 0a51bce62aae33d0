import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import BadDisplayName, BadName, BadRequest, BadText, EmptyText, TextTooLong
from parlor.model.text import (
    MAX_MARKS,
    MAX_TEXT_CHARS,
    check_display_name,
    check_name,
    check_room,
    check_text,
    check_words,
)


@pytest.mark.parametrize(
    ("raw", "stored"), [("Alice", "alice"), (" bob_1.x-y ", "bob_1.x-y"), ("0ab", "0ab")]
)
def test_a_name_is_stored_in_one_form(raw, stored):
    assert check_name(raw) == stored


@pytest.mark.parametrize("raw", ["", "ab", "_ab", "a" * 33, "a b c", "алиса", "abc\x00"])
def test_what_is_no_name_is_refused(raw):
    with pytest.raises(BadName):
        check_name(raw)


def test_a_display_name_is_trimmed_and_composed():
    assert check_display_name("  Zoe\u0308 天  ") == "Zo\u00eb 天"


@pytest.mark.parametrize(
    "raw",
    [
        "", "   ", "a\nb", "a\x00", "a\u202eb", "a\u200bb", "x" * 65, "\ud800", "\ue000",
        "a\u2066b", "\xad", "\u200d", "\u3164\u2800",
    ],
)  # fmt: skip
def test_a_display_name_hides_nothing(raw):
    with pytest.raises(BadDisplayName):
        check_display_name(raw)


@given(st.characters(exclude_categories=["Cs"]))
def test_of_the_control_characters_a_text_keeps_newline_and_tab(char):
    if unicodedata.category(char) == "Cc" and char not in "\n\t":
        with pytest.raises(BadText):
            check_text(f"a{char}b")
    else:
        assert check_text(f"a{char}b") == unicodedata.normalize("NFC", f"a{char}b")


@pytest.mark.parametrize("code", [0, 8, 9, 10, 11, 13, 31, 32, 126, 127, 128, 159, 160])
def test_the_edges_of_the_control_characters(code):
    is_refused = unicodedata.category(chr(code)) == "Cc" and code not in (9, 10)
    if is_refused:
        with pytest.raises(BadText):
            check_text(f"a{chr(code)}b")
    else:
        check_text(f"a{chr(code)}b")


def test_line_ends_of_windows_become_newlines():
    assert check_text("a\r\nb") == "a\nb"


@pytest.mark.parametrize("raw", ["", " \n\t", "\u200b\u2060", "\ufeff"])
def test_a_text_needs_something_visible(raw):
    with pytest.raises(EmptyText):
        check_text(raw)


@given(st.text(st.sampled_from("a\u0300\t\n \u00a0\u200b\u2028\u2066\ufeff\u3000"), max_size=5))
def test_neither_space_nor_what_is_hidden_can_be_seen(raw):
    unseen = set("\t\n \u00a0\u200b\u2028\u2066\ufeff\u3000")
    if set(raw) <= unseen:
        with pytest.raises(EmptyText):
            check_text(raw)
    else:
        assert check_text(raw)


def test_the_longest_text_is_counted_in_composed_characters():
    assert len(check_text("天" * MAX_TEXT_CHARS)) == MAX_TEXT_CHARS
    assert len(check_text("e\u0308" * MAX_TEXT_CHARS)) == MAX_TEXT_CHARS
    for raw in ("x" * (MAX_TEXT_CHARS + 1), "e\u0308" * (2 * MAX_TEXT_CHARS + 1)):
        with pytest.raises(TextTooLong):
            check_text(raw)


def test_half_a_character_is_no_text():
    with pytest.raises(BadText):
        check_text("a\ud83d")


@pytest.mark.parametrize(
    "pile", ["\u0301", "\u0316\u0301", "\u0489", "\u0e31", "\u20dd", "\U0001e130"]
)
def test_marks_do_not_pile_up(pile):
    fits = (pile * MAX_MARKS)[:MAX_MARKS]
    assert check_text(f"a{fits} b{fits}")
    for raw in (f"a{fits}{pile}", pile * 500_000):
        with pytest.raises((BadText, TextTooLong)):
            check_text(raw)
        with pytest.raises(BadDisplayName):
            check_display_name(raw)


def test_languages_with_many_marks_pass():
    for text in (
        "नमस्ते दुनिया " * 100,
        "สวัสดีชาวโลก " * 100,
        "בְּרֵאשִׁית " * 100,
        "བོད་སྐད " * 100,
        "👋🏽" * 500,
    ):
        assert check_text(text)


@given(st.text(max_size=60))
def test_a_text_that_was_taken_is_taken_again_as_it_is(raw):
    try:
        text = check_text(raw)
    except (BadText, EmptyText):
        return
    assert check_text(text) == text


@pytest.mark.parametrize("name", ["r", "live://1000", "房" * 42, "x" * 128])
def test_names_up_to_the_limit_are_rooms(name):
    assert check_room(name, 128) == name


@pytest.mark.parametrize("name", ["", "x" * 129, "房" * 43, "\ud800"])
def test_empty_long_and_broken_names_are_refused(name):
    with pytest.raises(BadRequest):
        check_room(name, 128)


def test_words_have_no_pile_of_marks_on_one_character():
    assert check_words("a" + "\u0301" * 30, 200, "It") == "á" + "\u0301" * 29
    with pytest.raises(BadText):
        check_words("a" + "\u0301" * 31, 200, "It")
