import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from parlor.gateway.state.outbox import Frame, Outbox, OutboxLimits, Put
from parlor.model.push import Delivery


def lossy(data: bytes, messages: int = 1) -> Frame:
    return Frame(data, Delivery.LOSSY, messages)


def must(data: bytes) -> Frame:
    return Frame(data, Delivery.MUST_ARRIVE)


def _put(outbox: Outbox, frame: Frame) -> bool:
    """False when the reader has to be closed."""
    return outbox.put(frame) is not Put.FULL or outbox.shed()


def test_only_the_first_frame_asks_for_a_wake():
    outbox = Outbox(OutboxLimits())
    assert [outbox.put(must(b"x")) for _ in range(3)] == [Put.WAKE, Put.QUEUED, Put.QUEUED]
    outbox.take()
    assert outbox.put(must(b"x")) is Put.WAKE


def test_what_waits_is_taken_as_one_piece_in_order():
    outbox = Outbox(OutboxLimits())
    for part in (b"a", b"b", b"c"):
        outbox.put(must(part))
    assert len(outbox) == outbox.waiting_bytes == 3
    assert outbox.take() == b"abc"
    assert outbox.take() == b""
    assert len(outbox) == outbox.waiting_bytes == 0


def test_a_lone_frame_is_the_very_object_that_was_put():
    data = b"shared by everybody"
    outbox = Outbox(OutboxLimits())
    outbox.put(lossy(data))
    assert outbox.take() is data


def test_the_oldest_lossy_frame_makes_room_and_its_messages_are_counted():
    outbox = Outbox(OutboxLimits(max_frames=3))
    for frame in (must(b"m"), lossy(b"1", messages=20), lossy(b"2"), lossy(b"3")):
        assert _put(outbox, frame)
    assert outbox.take() == b"m23"
    assert outbox.missed == 20


def test_a_lossy_frame_behind_what_must_arrive_is_the_one_dropped():
    outbox = Outbox(OutboxLimits(max_frames=2))
    for frame in (must(b"1"), must(b"2"), lossy(b"x")):
        assert _put(outbox, frame)
    assert (outbox.take(), outbox.missed) == (b"12", 1)


def test_what_must_arrive_and_has_no_place_closes_the_reader():
    outbox = Outbox(OutboxLimits(max_frames=2))
    assert _put(outbox, must(b"1"))
    assert _put(outbox, must(b"2"))
    assert not _put(outbox, must(b"3"))
    assert outbox.take() == b"12"


def test_bytes_are_bounded_as_well_as_frames():
    outbox = Outbox(OutboxLimits(max_bytes=10))
    for _ in range(5):
        assert _put(outbox, lossy(b"1234"))
    assert outbox.waiting_bytes == 8
    assert outbox.missed == 3


@pytest.mark.parametrize("make", [lossy, must])
def test_a_frame_larger_than_the_limit_passes_when_it_is_alone(make):
    outbox = Outbox(OutboxLimits(max_bytes=10))
    assert _put(outbox, make(b"x" * 100))
    assert outbox.take() == b"x" * 100


def test_a_full_outbox_may_be_taken_instead_of_shed():
    outbox = Outbox(OutboxLimits(max_frames=2))
    for frame in (lossy(b"1"), lossy(b"2")):
        outbox.put(frame)
    assert outbox.put(lossy(b"3")) is Put.FULL
    assert outbox.take() == b"123"
    assert outbox.shed()
    assert outbox.missed == 0


def test_a_cleared_outbox_owes_nothing():
    outbox = Outbox(OutboxLimits(max_frames=1))
    _put(outbox, lossy(b"1"))
    _put(outbox, lossy(b"2"))
    outbox.clear()
    assert (outbox.take(), outbox.missed, len(outbox)) == (b"", 0, 0)


class OutboxAgainstAList(RuleBasedStateMachine):
    """The outbox must do what a plain list of frames would, and never exceed its limits."""

    limits = OutboxLimits(max_frames=5, max_bytes=40)

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(self.limits)
        self.waiting: list[Frame] = []
        self.missed = 0
        self.closed = False
        self.number = 0

    def _over(self) -> bool:
        size = sum(frame.size for frame in self.waiting)
        frames = len(self.waiting)
        return frames > 1 and (frames > self.limits.max_frames or size > self.limits.max_bytes)

    @precondition(lambda self: not self.closed)
    @rule(size=st.integers(1, 60), is_lossy=st.booleans(), messages=st.integers(1, 5))
    def put(self, size: int, is_lossy: bool, messages: int) -> None:
        self.number = (self.number + 1) % 256
        data = bytes([self.number]) * size
        frame = lossy(data, messages) if is_lossy else must(data)
        self.waiting.append(frame)
        while self._over() and any(waiting.lossy for waiting in self.waiting):
            oldest = next(waiting for waiting in self.waiting if waiting.lossy)
            self.waiting.remove(oldest)
            self.missed += oldest.messages
        fits = not self._over()
        if not fits:
            self.waiting.pop()
            self.closed = True
        assert _put(self.outbox, frame) is fits

    @rule()
    def take(self) -> None:
        assert self.outbox.take() == b"".join(frame.data for frame in self.waiting)
        self.waiting.clear()

    @invariant()
    def counts_are_exact(self) -> None:
        assert len(self.outbox) == len(self.waiting)
        assert self.outbox.waiting_bytes == sum(frame.size for frame in self.waiting)
        assert self.outbox.missed == self.missed


TestOutboxAgainstAList = OutboxAgainstAList.TestCase
