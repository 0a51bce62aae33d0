"""The operations of goim v2, and the lists of operations that clients subscribe to."""

from __future__ import annotations

import re
from enum import IntEnum

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1
_NUMBER = re.compile(rb"[+-]?[0-9]{1,19}\Z")


class Op(IntEnum):
    """What a frame asks or answers. Any other number is the business of the programs."""

    HEARTBEAT = 2
    HEARTBEAT_REPLY = 3
    SEND = 4
    SEND_REPLY = 5
    """Also the operation under which relayed client messages arrive."""
    AUTH = 7
    AUTH_REPLY = 8
    RAW = 9
    CHANGE_ROOM = 12
    CHANGE_ROOM_REPLY = 13
    SUB = 14
    SUB_REPLY = 15
    UNSUB = 16
    UNSUB_REPLY = 17


def parse_ops(body: bytes) -> tuple[int, ...] | None:
    """Read `1000,1001`. None when it is not such a list, and then nothing may change.

    No spaces, decimal, each within int32, as goim's own parser has it. An empty body is an
    empty list.
    """
    if not body:
        return ()
    ops: list[int] = []
    for part in body.split(b","):
        if not _NUMBER.match(part):
            return None
        op = int(part)
        if not INT32_MIN <= op <= INT32_MAX:
            return None
        ops.append(op)
    return tuple(ops)
