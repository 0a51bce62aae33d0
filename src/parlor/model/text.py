"""What people may write: names, titles, messages. Unicode in, NFC out.

Called by every service that takes words from a person, so that REST, the native protocol and
the front doors agree.
"""

from __future__ import annotations

import re
import unicodedata

from parlor.model.errors import (
    BadDisplayName,
    BadName,
    BadRequest,
    BadText,
    EmptyText,
    TextTooLong,
)
from parlor.model.ids import RoomId

MAX_TEXT_CHARS = 4096
MAX_TITLE_CHARS = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{2,31}\Z")
# Unicode bidi controls (UAX #9 §2) and marks that make one name look like another.
_HIDDEN = frozenset("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff") | frozenset(
    map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
)
# Letters that nobody sees: Hangul fillers and the empty pattern of Braille.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_VISIBLE = re.compile(rf"[^\s{''.join(_HIDDEN)}]")
# Category Cc without newline and tab, as a pattern: 4,096 characters in 9 µs, one by one in 180.
_REFUSED_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MAX_MARKS = 30
"""Combining marks in a row. No language needs more (UAX #15 §13, the stream-safe format), and
sorting thousands of them into order costs the square of their number."""
# No mark is a word character or below U+0300: runs of neither are rare, and looked at singly.
_NO_WORD = re.compile(rf"[^\w\x00-\u02ff]{{{MAX_MARKS + 1},}}")


def check_name(raw: str) -> str:
    """An account name in the one form it is stored in: lower case. Raises BadName."""
    name = unicodedata.normalize("NFC", raw).strip().lower()
    if not _NAME.match(name):
        raise BadName
    return name


def check_display_name(raw: str) -> str:
    """A display name or title: trimmed, NFC, one line. Raises BadDisplayName."""
    if len(raw) > 4 * MAX_TITLE_CHARS or not is_plain_line(raw):
        raise BadDisplayName
    name = unicodedata.normalize("NFC", raw).strip()
    if not 1 <= len(name) <= MAX_TITLE_CHARS:
        raise BadDisplayName
    return name


def is_plain_line(raw: str) -> bool:
    """Whether `raw` is fit to name something: no control or direction marks, no piled marks, no
    characters that nobody has assigned, and something to see. White space around it does not count,
    nor does its length, which the caller has bounded."""
    if _has_piled_marks(raw):
        return False
    name = unicodedata.normalize("NFC", raw).strip()
    kinds = [unicodedata.category(c) for c in name]
    if any(kind in ("Cc", "Cs", "Cn", "Co") for kind in kinds) or not _HIDDEN.isdisjoint(name):
        return False
    # Categories C and Z are format marks and spaces.
    return any(kind[0] not in "CZ" and c not in _BLANK for kind, c in zip(kinds, name, strict=True))


def check_text(raw: str) -> str:
    """A message: NFC, at most 4,096 characters, something visible in it.

    Control characters but newline and tab are refused, and so are piles of more than 30
    combining marks. Raises BadText, EmptyText, TextTooLong.
    """
    if len(raw) > 4 * MAX_TEXT_CHARS:
        raise TextTooLong
    try:
        raw.encode()
    except UnicodeEncodeError as lone_surrogate:
        raise BadText from lone_surrogate
    if _has_piled_marks(raw):
        raise BadText(f"No character has more than {MAX_MARKS} combining marks.")
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n"))
    if len(text) > MAX_TEXT_CHARS:
        raise TextTooLong
    # Most text is printable as a whole, which is seen in a fifth of the time.
    if not text.isprintable() and _REFUSED_CONTROL.search(text):
        raise BadText("A message has no control characters but newline and tab.")
    if not _VISIBLE.search(text):
        raise EmptyText
    return text


def _has_piled_marks(text: str) -> bool:
    if text.isascii():
        return False
    for run in _NO_WORD.finditer(text):
        marks = 0
        for char in run.group():
            marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
            if marks > MAX_MARKS:
                return True
    return False


def check_words(raw: str, max_chars: int, what: str) -> str:
    """A greeting, a remark, a line about oneself: trimmed, NFC, and it may be empty.

    `what` names it in the refusal. Raises TextTooLong, BadText.
    """
    if len(raw) > 4 * max_chars:
        raise TextTooLong(f"{what} has at most {max_chars} characters.")
    try:
        raw.encode()
    except UnicodeEncodeError as lone_surrogate:
        raise BadText from lone_surrogate
    if _has_piled_marks(raw):
        raise BadText(f"No character has more than {MAX_MARKS} combining marks.")
    words = unicodedata.normalize("NFC", raw.replace("\r\n", "\n")).strip()
    if len(words) > max_chars:
        raise TextTooLong(f"{what} has at most {max_chars} characters.")
    if _REFUSED_CONTROL.search(words):
        raise BadText(f"{what} has no control characters but newline and tab.")
    return words


def check_room(name: str, max_bytes: int) -> RoomId:
    """Raises BadRequest for an empty or over-long name (UTF-8 bytes) or one that is not text."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError as lone_surrogate:
        raise BadRequest("A room's name is Unicode text.") from lone_surrogate
    if not 1 <= size <= max_bytes:
        raise BadRequest(f"A room's name has 1 to {max_bytes} bytes.")
    return RoomId(name)
