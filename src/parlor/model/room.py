"""What rooms have beside their name: places in what was said, and how much a message matters."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Position(msgspec.Struct, frozen=True):
    """A place in the messages of one room that keeps some of them.

    `offset` counts the room's messages from 1; 0 is before the first. Offsets of different
    `epoch`s have nothing to do with each other: the server has forgotten the room in between.
    """

    epoch: str
    offset: int


class Priority(StrEnum):
    """Which messages of members a busy room still takes: high ones longest."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
