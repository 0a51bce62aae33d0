"""What somebody looks for, and whether a text says it: one rule for every database.

Each part between spaces must be in the text as it is written, folded; nothing in it is an
operator. One that begins with a letter or digit begins a word there, so what is not typed to its
end finds already; a part that ends in a word of one or two letters finds that word only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from parlor.model.event import Event, EventKind
from parlor.model.ids import UserId
from parlor.model.search_words import (
    STEPS,
    beginnings,
    fold,
    fold_with_places,
    is_of_word,
    tokens,
    words_of,
)

MAX_QUERY_CHARS = 128
MAX_MARKED = 20
"""Places that are marked in one message; nobody looks for the others."""
_LINK = re.compile(r"https?://[^\s/]", re.IGNORECASE)


class SearchKind(StrEnum):
    """Messages of one kind. `merged` are many that were forwarded as one."""

    LINK = "link"
    FORWARDED = "forwarded"
    MERGED = "merged"


class Part(msgspec.Struct, frozen=True):
    """What stands between two spaces of a query, folded."""

    text: str
    starts_word: bool
    ends_word: bool

    def spans(self, folded: str) -> list[tuple[int, int]]:
        """Where it is in a folded text."""
        found: list[tuple[int, int]] = []
        start = folded.find(self.text)
        while start >= 0:
            end = start + len(self.text)
            begins = not (self.starts_word and start and is_of_word(folded[start - 1]))
            ends = not (self.ends_word and end < len(folded) and is_of_word(folded[end]))
            if begins and ends:
                found.append((start, end))
                start = folded.find(self.text, end)
            else:
                start = folded.find(self.text, start + 1)
        return found


class Query(msgspec.Struct, frozen=True):
    """`words` are those of the index that a match has, the rarest kinds first."""

    parts: tuple[Part, ...]
    words: tuple[str, ...]

    def marks(self, text: str) -> Sequence[tuple[int, int]] | None:
        """Where `text` says what is looked for: [start, end) in code points, in their order and
        apart. None when it does not say all of it."""
        folded, places = fold_with_places(text)
        spans: list[tuple[int, int]] = []
        for part in self.parts:
            found = part.spans(folded)
            if not found:
                return None
            spans += [(places[start][0], places[end - 1][1]) for start, end in found]
        return _apart(spans)[:MAX_MARKED]


def parse_query(raw: str) -> Query:
    """Anything can be looked for; what has no `words` but marks of a sentence finds nothing."""
    parts: list[Part] = []
    words: dict[str, None] = {}
    for piece in dict.fromkeys(fold(raw).split()):
        ends_word = False
        for kind, token in tokens(piece):
            ends_word = kind == "word" and len(token) < STEPS[0] and piece.endswith(token)
            if kind == "word":
                words[beginnings(token)[-1]] = None
            elif kind == "run" and len(token) > 1:
                words.update(dict.fromkeys(word for word in words_of(token) if len(word) > 1))
            else:
                words[token] = None
        parts.append(Part(piece, is_of_word(piece[0]), ends_word))
    # The longest beginning and a pair of characters say most; by themselves too, so that every
    # process asks alike.
    chosen = sorted(words, key=lambda word: (-_weight(word), word))
    return Query(tuple(parts), tuple(chosen))


def word_of_sender(sender: UserId) -> str:
    """Under which the index keeps who said it. No folded text has a capital letter."""
    return f"S{sender}"


def word_of_kind(kind: SearchKind) -> str:
    return f"K{kind.value}"


def indexed_words(event: Event, text: str | None) -> set[str]:
    """Everything under which a message is found that says `text` now; None: what it said first.

    None at all when it is no message, or says nothing any more.
    """
    says = event.text if text is None else text
    if event.kind is not EventKind.MESSAGE or not (says or event.merged):
        return set()
    words = words_of(says)
    words.add(word_of_sender(event.sender))
    words.update(word_of_kind(kind) for kind in kinds_of(event, says))
    return words


def kinds_of(event: Event, text: str) -> Sequence[SearchKind]:
    is_of_kind = {
        SearchKind.LINK: _LINK.search(text) is not None,
        SearchKind.FORWARDED: event.forwarded is not None,
        SearchKind.MERGED: bool(event.merged),
    }
    return [kind for kind, holds in is_of_kind.items() if holds]


def _weight(word: str) -> int:
    if len(word) == 1:
        return 0
    return len(word) if word[0].isascii() else 5


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart
