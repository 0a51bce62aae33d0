"""How texts are folded and cut into words, the same for the index, the query and the match.

Folded: compatibility forms as one (NFKC: full and half width, ligatures), without case, without
accents, vowel points and what cannot be seen. Scripts that put spaces between words (Latin,
Cyrillic, Arabic, Devanagari …) give words; those that do not (Chinese, Japanese, Korean, Thai …)
give each character and each pair of neighbours. Korean does write spaces, but its words carry
endings. Other signs, emoji among them, stand for themselves.

The index is coarse on purpose: a word is kept by its beginnings, and what it finds is compared
with the text itself (`model.search_query`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

STEPS = (3, 4, 6)
"""A word is found by its first so many characters, which is how it is found before it is typed to
its end; a shorter one only as a whole."""
MAX_WORD_CHARS = STEPS[-1]

_RUN = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035"
    "\u3038-\u303c\u3041-\u3096\u3099-\u309f\u30a1-\u30ff\u3100-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff"
)
_INDIC_MARKS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0970-\u0dff\u0f00-\u0fff"
_LETTER = rf"[^\W_{_RUN}]"
_WORD = rf"(?:{_LETTER}|[{_INDIC_MARKS}])"
# What a sentence has anyway says nothing about it.
_MARKS = r"""\s.,!?:;'"()\-…、。“”‘’《》「」『』【】〈〉·–—¡¿"""
_TOKEN = re.compile(
    rf"(?P<word>{_LETTER}+(?:[{_INDIC_MARKS}]+{_LETTER}*)*|[{_INDIC_MARKS}]+{_LETTER}*)"
    rf"|(?P<run>[{_RUN}]+)|(?P<sign>[^{_MARKS}])"
)
_IS_WORD = re.compile(_WORD)

# A mark that joins the character before it may make one character of the two. Half-width Korean
# letters do so in threes.
_CLUSTER = re.compile("[\uffa1-\uffdc]+|.[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.DOTALL)
_DROPPED = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]+"
)
_LETTERS = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h"}
)
"""Letters that Unicode does not take apart and that people leave the strokes off."""


@lru_cache(maxsize=16_384)
def _folded_cluster(cluster: str) -> str:
    apart = unicodedata.normalize("NFKD", cluster).casefold()
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", apart))
    return unicodedata.normalize("NFC", plain).translate(_LETTERS)


def fold(text: str) -> str:
    """What `text` is compared as. Two that differ only in form fold to the same."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded_cluster, _CLUSTER.findall(text)))


def fold_with_places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """As `fold`, and for each character of it the stretch of `text` it was made of."""
    if text.isascii():
        return text.lower(), [(at, at + 1) for at in range(len(text))]
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    for found in _CLUSTER.finditer(text):
        piece = _folded_cluster(found.group())
        pieces.append(piece)
        places += [found.span()] * len(piece)
    return "".join(pieces), places


def words_of(text: str) -> set[str]:
    """What the index keeps of `text`: at most `MAX_WORD_CHARS` characters each."""
    words: set[str] = set()
    for kind, token in tokens(fold(text)):
        if kind == "word":
            words.update(beginnings(token))
        elif kind == "run":
            words.update(token)
            words.update(first + second for first, second in pairwise(token))
        else:
            words.add(token)
    return words


def beginnings(word: str) -> list[str]:
    """Under which a word is kept."""
    if len(word) < STEPS[0]:
        return [word]
    return [word[:size] for size in STEPS if len(word) >= size]


def tokens(folded: str) -> Iterator[tuple[str, str]]:
    """("word", "run" or "sign", what it is), in their order."""
    for found in _TOKEN.finditer(folded):
        yield found.lastgroup or "", found.group()


def is_of_word(char: str) -> bool:
    """Whether it belongs to a word of a script that has spaces between words."""
    return _IS_WORD.match(char) is not None
