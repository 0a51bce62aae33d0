"""How much of a list one answer holds, and which numbers of events may be asked for."""

from __future__ import annotations

from parlor.model.errors import BadRequest
from parlor.model.ids import ID_BITS

_MAX_NUMBER = 1 << ID_BITS


def page_size(asked: int, most: int) -> int:
    """At most `most`, whatever was asked. Raises BadRequest for less than one."""
    if asked < 1:
        raise BadRequest("A page has at least one entry.")
    return min(asked, most)


def check_seq(seq: int) -> int:
    """A seq, 0 for before the first. Raises BadRequest for what cannot be one."""
    if not 0 <= seq <= _MAX_NUMBER:
        raise BadRequest("A seq is a number from 0 to 2^53.")
    return seq
