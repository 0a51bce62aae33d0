from hypothesis import given
from hypothesis import strategies as st

from parlor.sfu.forward.history import KEPT_S, PACKETS, History, Kept


def kept(seq, at=0.0):
    return Kept(seq, at, 96, 0, 0, b"", 0)


def test_a_packet_is_found_by_its_number_and_no_other_one():
    history = History()
    history.put(kept(5))
    assert history.get(5) == kept(5)
    assert history.get(5 + PACKETS) is None
    assert 5 in history
    assert 6 not in history


def test_no_more_packets_are_kept_than_the_limit():
    history = History()
    for seq in range(3 * PACKETS):
        history.put(kept(seq))
    assert history.size == PACKETS
    assert history.floor == 2 * PACKETS
    assert history.get(2 * PACKETS - 1) is None


def test_what_is_older_than_the_limit_is_let_go_and_cannot_be_new_again():
    history = History()
    for seq, at in ((1, 0.0), (2, 0.1), (4, 1.0)):
        history.put(kept(seq, at))
    history.forget_old(0.05 + KEPT_S)
    assert [seq in history for seq in (1, 2, 4)] == [False, True, True]
    assert history.floor == 2
    history.forget_old(9.0)
    assert (history.size, history.floor) == (0, 5)


@given(st.lists(st.tuples(st.integers(0, 3_000), st.booleans()), max_size=200))
def test_what_is_kept_is_never_below_the_floor(acts):
    history, now = History(), 0.0
    for seq, forgets in acts:
        now += 0.05
        if seq >= history.floor and seq not in history:
            history.put(kept(seq, now))
        if forgets:
            history.forget_old(now)
        found = [entry.seq for entry in history._ring if entry is not None]
        assert all(seq >= history.floor for seq in found)
        assert all(history.get(seq) is not None for seq in found)
