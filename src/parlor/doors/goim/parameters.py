"""Reading the query of goim's HTTP API as its own server does (goim §2.8).

Lists are repeated keys; a key that takes one value takes the first; an empty number is 0, and
what is required may be neither missing nor 0 nor empty. Unknown keys are ignored.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

MAX_VALUES = 20_000
"""Keys or mids of one push; goim has no limit, memory has."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,19}\Z", re.ASCII)


class BadParameter(ValueError):
    """The query does not fit the route; `str()` says which key and why."""


class Parameters:
    """One parsed query."""

    __slots__ = ("_values",)

    def __init__(self, query: bytes) -> None:
        """Raises BadParameter when it is not a query of at most MAX_VALUES UTF-8 pairs."""
        try:
            self._values = parse_qs(
                query.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MAX_VALUES,
            )
        except ValueError as unreadable:
            raise BadParameter(
                "the query is not percent-encoded UTF-8, or too long"
            ) from unreadable

    def text(self, name: str) -> str:
        """A required text."""
        values = self._values.get(name)
        if not values or not values[0]:
            raise BadParameter(f"{name} is required")
        return values[0]

    def optional_text(self, name: str) -> str:
        return self._values.get(name, [""])[0]

    def texts(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def required_texts(self, name: str) -> list[str]:
        values = self.texts(name)
        if not values:
            raise BadParameter(f"{name} is required")
        return values

    def int32(self, name: str) -> int:
        """0 when missing."""
        return _number(name, self.optional_text(name), 32)

    def required_int32(self, name: str) -> int:
        value = self.int32(name)
        if not value:
            raise BadParameter(f"{name} is required and may not be 0")
        return value

    def int64s(self, name: str) -> list[int]:
        return [_number(name, text, 64) for text in self.texts(name)]


def _number(name: str, text: str, bits: int) -> int:
    if not text:
        return 0
    if not _NUMBER.match(text):
        raise BadParameter(f"{name} is not a decimal number")
    value = int(text)
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise BadParameter(f"{name} does not fit {bits} bits")
    return value
