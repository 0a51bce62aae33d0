import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.gateway.state.tail import Tail
from parlor.model.errors import BadRequest


def _tail(*pieces: bytes, max_bytes: int = 100) -> Tail:
    tail = Tail(max_bytes)
    for piece in pieces:
        tail.add(piece)
    return tail


def test_what_is_not_acknowledged_is_kept_and_given_again():
    tail = _tail(b"one", b"two", b"three")
    assert tail.after(0) == tail.after(0) == [b"one", b"two", b"three"]
    tail.acknowledge(2)
    assert (tail.after(2), tail.last, tail.waiting_bytes) == ([b"three"], 3, 5)
    tail.acknowledge(3)
    assert (tail.after(3), tail.waiting_bytes, tail.gone) == ([], 0, 3)


def test_an_acknowledgement_that_comes_late_changes_nothing():
    tail = _tail(b"one", b"two")
    tail.acknowledge(2)
    tail.acknowledge(1)
    assert tail.after(2) == []


def test_what_was_never_said_cannot_be_acknowledged():
    with pytest.raises(BadRequest):
        _tail(b"one").acknowledge(2)


def test_what_was_acknowledged_cannot_be_had_again():
    tail = _tail(b"one", b"two")
    tail.acknowledge(1)
    with pytest.raises(BadRequest):
        tail.after(0)


def test_it_is_full_from_its_limit_on_until_enough_is_acknowledged():
    tail = _tail(b"x" * 60, b"y" * 39)
    before = tail.is_full
    tail.add(b"z")
    at_the_limit = tail.is_full
    tail.acknowledge(1)
    assert (before, at_the_limit, tail.is_full) == (False, True, False)


def test_once_cleared_it_holds_nothing_and_numbers_go_on():
    tail = _tail(b"one", b"two")
    tail.clear()
    assert (tail.waiting_bytes, tail.after(2), tail.last) == (0, [], 2)


@given(st.lists(st.one_of(st.binary(max_size=8), st.integers(0, 9)), max_size=60))
def test_every_piece_keeps_its_number_whatever_is_acknowledged(steps):
    tail, said, gone = Tail(50), [], 0
    for step in steps:
        if isinstance(step, bytes):
            tail.add(step)
            said.append(step)
        elif step <= len(said):
            tail.acknowledge(step)
            gone = max(gone, step)
        assert tail.after(gone) == said[gone:]
        assert tail.waiting_bytes == sum(map(len, said[gone:]))
        assert tail.is_full == (tail.waiting_bytes >= 50)
