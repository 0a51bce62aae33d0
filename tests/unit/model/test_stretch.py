from hypothesis import given
from hypothesis import strategies as st

from parlor.model.ids import ConversationId
from parlor.model.stretch import Head, Portions, Stretch, stretch_for

TALK = ConversationId("7")
PORTIONS = Portions(most=10, first=3)


def head(last_seq: int, first_seq: int = 1) -> Head:
    return Head(TALK, last_seq, first_seq, active_at=0)


def test_a_device_gets_what_follows_what_it_has():
    assert stretch_for(head(8), 5, PORTIONS) == Stretch(TALK, 5, 8)


def test_a_device_that_has_everything_gets_nothing():
    assert stretch_for(head(8), 8, PORTIONS) is None


def test_a_long_absence_is_given_from_its_beginning():
    assert stretch_for(head(100), 5, PORTIONS) == Stretch(TALK, 5, 15)


def test_a_new_device_gets_the_newest():
    assert stretch_for(head(100), None, PORTIONS) == Stretch(TALK, 97, 100)


def test_a_new_device_may_be_told_of_a_conversation_without_its_events():
    assert stretch_for(head(100), None, Portions(10, 0)) == Stretch(TALK, 100, 100)


def test_a_new_device_may_be_given_everything_from_the_beginning():
    assert stretch_for(head(100, first_seq=40), None, Portions(10, -1)) == Stretch(TALK, 39, 49)


def test_a_device_whose_next_event_is_not_kept_starts_anew():
    assert stretch_for(head(100, first_seq=40), 38, PORTIONS) == Stretch(TALK, 97, 100, True)
    assert stretch_for(head(100, first_seq=40), 39, PORTIONS) == Stretch(TALK, 39, 49)


def test_a_device_that_has_what_was_never_stored_starts_anew():
    assert stretch_for(head(8), 9, PORTIONS) == Stretch(TALK, 5, 8, True)


@given(
    last=st.integers(1, 60),
    first_seq=st.integers(1, 61),
    have=st.none() | st.integers(0, 70),
    most=st.integers(1, 12),
    first=st.integers(-1, 15),
)
def test_asking_again_ends_with_everything_without_a_gap(last, first_seq, have, most, first):
    """Each stretch follows the one before, holds no more than allowed, and there is an end."""
    where = head(last, min(first_seq, last + 1))
    rounds = 0
    while (stretch := stretch_for(where, have, Portions(most, first))) is not None:
        assert 0 <= len(stretch) <= most
        assert where.first_seq - 1 <= stretch.after or len(stretch) == 0
        if have is not None and not stretch.reset:
            assert stretch.after == have
        assert not (stretch.reset and rounds), "a device is told once to start anew"
        have = stretch.upto
        rounds += 1
        assert rounds <= last + 1
    assert have == last
