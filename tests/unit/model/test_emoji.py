import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.emoji import MAX_EMOJI_CHARS, check_emoji
from parlor.model.errors import BadEmoji


@pytest.mark.parametrize(
    "emoji",
    ["👍", "👍🏽", "❤️", "❤", "🇨🇳", "1️⃣", "#⃣", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏳️‍🌈", "🧑🏿‍❤️‍🧑🏻", "‼️", "🫨", "™️"],
)
def test_one_emoji_passes_as_it_is(emoji):
    assert check_emoji(emoji) == emoji


@pytest.mark.parametrize(
    "other",
    [
        "",
        "a",
        "1",
        "字",
        "👍👍",
        " 👍",
        "👍\n",
        "\u200d",
        "\ufe0f",
        "🇨",
        "👍\u0301",
        "\ud83d",
        "<b>",
        "👍" + "\u200d👍" * MAX_EMOJI_CHARS,
        "👍" * 100_000,
    ],
)
def test_what_is_not_one_emoji_is_refused(other):
    with pytest.raises(BadEmoji):
        check_emoji(other)


@given(st.text(st.characters(categories=["L", "M", "N", "P", "Z", "C"]), max_size=4))
def test_no_text_passes_for_an_emoji(text):
    known = {"‼", "⁉", "〰", "〽", "ℹ"}
    keycap = text[-1:] == "\u20e3"
    if text.removesuffix("\ufe0f") in known or keycap or any(c >= "\U0001f000" for c in text):
        return
    with pytest.raises(BadEmoji):
        check_emoji(text)
