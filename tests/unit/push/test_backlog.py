import pytest

from parlor.model.errors import Overloaded
from parlor.push.backlog import STEP_S, Backlog


class Draining:
    """So many wait; each step takes one away, until `stuck_at` are left."""

    def __init__(self, count, stuck_at=0):
        self.count = count
        self.stuck_at = stuck_at
        self.slept_s = 0.0

    async def sleep(self, for_s):
        self.slept_s += for_s
        self.count = max(self.stuck_at, self.count - 1)

    def backlog(self):
        return Backlog(lambda: self.count, 10, 20 * STEP_S, sleep=self.sleep)


async def test_below_the_limit_nobody_waits():
    waiting = Draining(9)
    await waiting.backlog().wait_for_place()
    assert waiting.slept_s == 0


async def test_whoever_pushes_too_fast_waits_until_there_is_place():
    waiting = Draining(15)
    await waiting.backlog().wait_for_place()
    assert waiting.count == 9


async def test_who_waited_long_enough_is_refused():
    waiting = Draining(100, stuck_at=50)
    with pytest.raises(Overloaded):
        await waiting.backlog().wait_for_place()
    assert waiting.slept_s == pytest.approx(20 * STEP_S)
