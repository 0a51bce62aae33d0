"""Making the whole index of what was said anew, while others go on talking and searching.

First every conversation is marked; then they are done one after the other, and until its turn has
come one is searched as before. Whoever serves does the same work beside this, and goes on with it
should this end too early.
"""

from __future__ import annotations

from collections.abc import Callable

from parlor.im.indexing import LOOKED_THROUGH
from parlor.model.ids import ConversationId
from parlor.ports.search import SearchIndex

_EVENTS = 200
"""In one transaction: a sender waits for some milliseconds at most."""


async def rebuild(index: SearchIndex, tell: Callable[[int, int], object]) -> int:
    """`tell` is told how many events are done and how many there are, which is what is returned.

    Raises StorageFailed, Overloaded; beginning again is safe.
    """
    await _mark_all(index)
    done, total = 0, await index.events()
    tell(done, total)
    after: ConversationId | None = None
    while page := await index.positions(after, LOOKED_THROUGH):
        for one in page:
            left: tuple[ConversationId, ...] = (one.conversation,)
            passed = 0
            while left:
                step = await index.add(left, _EVENTS)
                passed, left = passed + step.events, step.left
                tell(min(done + passed, total), total)
            # Somebody else may have done some of it.
            done += one.last_seq
            tell(min(done, total), total)
        after = page[-1].conversation
    tell(total, total)
    return total


async def _mark_all(index: SearchIndex) -> None:
    after: ConversationId | None = None
    while page := await index.positions(after, LOOKED_THROUGH):
        await index.renew([one.conversation for one in page])
        after = page[-1].conversation
