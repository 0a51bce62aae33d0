"""goim's operations are numbers, Parlor's tags are text: the border between them.

Operation 1000 is the tag `1000`, operation 0 is the empty tag. A tag that is no int32 in plain
decimal has no number of its own: goim's clients see operation 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from parlor.wire.goim.ops import INT32_MAX, INT32_MIN

_PLAIN = re.compile(r"-?[1-9][0-9]{0,9}\Z", re.ASCII)


def tag_of(op: int) -> str:
    return str(int(op)) if op else ""


def op_of(tag: str) -> int:
    """The operation under which a push with this tag is written."""
    if not _PLAIN.match(tag):
        return 0
    op = int(tag)
    return op if INT32_MIN <= op <= INT32_MAX else 0


def tags_of(ops: Iterable[int]) -> frozenset[str]:
    return frozenset(map(tag_of, ops))
