"""Settings of delivered positions and receipts, section `receipts`."""

from __future__ import annotations

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]


class ReceiptSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In groups of more than `max_members` nobody is told who has got or read what, and no
    positions are kept; direct conversations always have them.

    Positions wait up to `tick_s` to be stored together, at most `max_waiting` of them, and come
    at most `max_positions` in a request. That a group is too large is remembered for
    `forget_large_s`, of at most `remembered_large` groups. One answer names at most `max_page`
    people.
    """

    max_members: Positive = 200
    max_positions: Positive = 200
    max_waiting: Positive = 100_000
    max_page: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    tick_s: Annotated[float, msgspec.Meta(gt=0)] = 0.25
    forget_large_s: Annotated[float, msgspec.Meta(gt=0)] = 600.0
    remembered_large: Positive = 10_000
