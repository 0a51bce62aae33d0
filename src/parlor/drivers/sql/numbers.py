"""Ids: decimal strings outside, integers in the tables."""

from __future__ import annotations

from parlor.model.ids import ID_BITS, UserId

_MAX = (1 << ID_BITS) - 1
_MAX_DIGITS = len(str(_MAX))


def number_of(id: str) -> int | None:
    """The integer that `id` writes in its one canonical form, or None: there is no such row.

    Leading zeros, signs and other scripts' digits are refused: one thing has one name, so that
    caches keyed by the string and rows keyed by the number agree.
    """
    if not (id.isascii() and id.isdigit()) or len(id) > _MAX_DIGITS or id[0] == "0":
        return None
    number = int(id)
    return number if number <= _MAX else None


def user_id(number: int) -> UserId:
    return UserId(str(number))
