from hypothesis import given
from hypothesis import strategies as st

from parlor.gateway.state.wheel import NOT_SCHEDULED, TimerWheel


class Entry:
    def __init__(self, again: list[float] | None = None) -> None:
        self.timer_tick = NOT_SCHEDULED
        self.asked: list[float] = []
        self.again = again or []

    def on_time(self, now: float) -> float | None:
        self.asked.append(now)
        return self.again.pop(0) if self.again else None


def test_an_entry_is_asked_when_its_time_has_come_and_not_before():
    wheel, entry = TimerWheel(100.0, tick_s=0.5), Entry()
    wheel.schedule(entry, 102.0)
    assert [wheel.advance(now) for now in (101.0, 101.9)] == [0, 0]
    assert wheel.advance(102.5) == 1
    assert entry.asked == [102.5]
    assert len(wheel) == 0


def test_an_entry_says_itself_when_to_be_asked_again():
    wheel, entry = TimerWheel(0.0, tick_s=1.0), Entry([5.0, 9.0])
    wheel.schedule(entry, 1.0)
    for now in range(12):
        wheel.advance(float(now))
    assert entry.asked == [2.0, 6.0, 10.0]


def test_a_cancelled_entry_is_not_asked():
    wheel, entry = TimerWheel(0.0), Entry()
    wheel.cancel(entry)
    wheel.schedule(entry, 1.0)
    wheel.cancel(entry)
    wheel.advance(10.0)
    assert entry.asked == []
    assert len(wheel) == 0


def test_a_moved_appointment_is_kept_once():
    wheel, entry = TimerWheel(0.0, tick_s=1.0), Entry()
    for at in (1.0, 5.0, 3.0):
        wheel.schedule(entry, at)
    wheel.advance(10.0)
    assert entry.asked == [10.0]


def test_a_time_that_has_passed_means_the_next_tick():
    wheel, entry = TimerWheel(100.0, tick_s=1.0), Entry()
    wheel.schedule(entry, 3.0)
    assert wheel.advance(100.5) == 0
    assert wheel.advance(101.0) == 1


def test_a_clock_that_steps_back_or_far_ahead_is_survived():
    wheel, entry = TimerWheel(1_000.0), Entry()
    wheel.schedule(entry, 1_001.0)
    assert wheel.advance(10.0) == 0
    assert wheel.now == 1_000.0
    assert wheel.advance(5_000_000.0) == 1


def test_an_entry_may_cancel_another_of_the_same_tick():
    wheel = TimerWheel(0.0, tick_s=1.0)
    entries = [Entry(), Entry()]

    class Cancelling(Entry):
        def on_time(self, now: float) -> float | None:
            for entry in entries:
                wheel.cancel(entry)
            return super().on_time(now)

    first = Cancelling()
    for entry in [*entries, first]:
        wheel.schedule(entry, 1.0)
    wheel.advance(5.0)
    assert first.asked == [5.0]
    assert all(len(entry.asked) <= 1 for entry in entries)


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=30),
    st.lists(st.floats(0.01, 20), min_size=1, max_size=60),
    st.sampled_from([0.1, 0.25, 1.0]),
)
def test_nobody_is_asked_early_or_more_than_a_tick_late(times, steps, tick_s):
    wheel = TimerWheel(0.0, tick_s)
    entries = [(at, Entry()) for at in times]
    for at, entry in entries:
        wheel.schedule(entry, at)
    now = 0.0
    for step in steps:
        now += step
        wheel.advance(now)
        for at, entry in entries:
            if entry.asked:
                assert entry.asked[0] >= at - 1e-6
            else:
                assert now < at + 2 * tick_s + 1e-6
