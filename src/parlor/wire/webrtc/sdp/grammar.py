"""The smallest pieces of RFC 8866 §9: lines, numbers, tokens, and the attributes of a section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.limits import SdpLimits

TOKEN = re.compile(r"[!#$%&'*+\-.^_`{|}~0-9A-Za-z]+")
ICE_CHARS = re.compile(r"[0-9A-Za-z+/]+")
"""`ice-char` (RFC 8839 §5.4)."""

Line = tuple[str, str]
"""The letter of a line and what follows its `=`."""

_LINE = re.compile(r"([a-z])=([^\x00-\x08\x0a-\x1f\x7f]*)")
_MAX_DIGITS = 20


def split_lines(text: str, limits: SdpLimits) -> list[Line]:
    """Cut a description into its lines, each within its limit. CR LF ends one, as LF alone does.

    Raises Malformed. Nothing is encoded, split or searched before the length is known.
    """
    if len(text) > limits.max_bytes:
        raise Malformed(Reason.TOO_BIG, "a description over the limit")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as fault:
        raise Malformed(Reason.SYNTAX, "half a character") from fault
    if size > limits.max_bytes:
        raise Malformed(Reason.TOO_BIG, "a description over the limit")
    if text.count("\n") > limits.max_lines:
        raise Malformed(Reason.TOO_MANY, "lines")
    lines = []
    for whole in text.removesuffix("\n").split("\n"):
        line = whole.removesuffix("\r")
        if len(line) > limits.max_line_chars:
            raise Malformed(Reason.TOO_BIG, "a line over the limit")
        found = _LINE.fullmatch(line)
        if found is None:
            raise Malformed(Reason.SYNTAX, "a line of another form")
        lines.append((found[1], found[2]))
    return lines


def number(word: str, highest: int, lowest: int = 0) -> int:
    """Read a decimal number that is in range. Raises Malformed; a sign is no digit."""
    if not word.isascii() or not word.isdigit() or len(word) > _MAX_DIGITS:
        raise Malformed(Reason.SYNTAX, "no number")
    value = int(word)
    if not lowest <= value <= highest:
        raise Malformed(Reason.VALUE, "a number out of range")
    return value


def token(word: str, longest: int = 64) -> str:
    """`word`, when it is a token of RFC 8866 and not too long. Raises Malformed."""
    if len(word) > longest or not TOKEN.fullmatch(word):
        raise Malformed(Reason.SYNTAX, "no token")
    return word


class Attributes:
    """The `a=` lines of one section by name; remembers which of them somebody asked for."""

    __slots__ = ("_asked", "_by_name", "_lines")

    def __init__(self, lines: Sequence[Line], limits: SdpLimits) -> None:
        """Lines of other letters are passed over. Raises Malformed for too many of them."""
        self._lines = [value for letter, value in lines if letter == "a"]
        if len(self._lines) > limits.max_attributes:
            raise Malformed(Reason.TOO_MANY, "attributes")
        self._by_name: dict[str, list[str]] = {}
        for line in self._lines:
            name, _, value = line.partition(":")
            self._by_name.setdefault(name, []).append(value)
        self._asked: set[str] = set()

    def all(self, name: str, most: int | None = None) -> list[str]:
        """Every value of `name` in the order of the lines. Raises Malformed beyond `most`."""
        self._asked.add(name)
        values = self._by_name.get(name, [])
        if most is not None and len(values) > most:
            raise Malformed(Reason.TOO_MANY, name)
        return values

    def one(self, name: str) -> str | None:
        """The value of what may be there once; None when it is not there at all."""
        values = self.all(name)
        if len(values) > 1:
            raise Malformed(Reason.REPEATED, name)
        return values[0] if values else None

    def has(self, name: str) -> bool:
        """Whether a flag is there. Its value, which it should not have, says nothing."""
        return bool(self.all(name))

    def rest(self) -> tuple[str, ...]:
        """What nobody asked for, as written. Call last."""
        return tuple(line for line in self._lines if line.partition(":")[0] not in self._asked)
