from itertools import pairwise

from parlor.sfu.forward.key_wish import FIRST_S, LONGEST_S, KeyWish


def asked_at(wish, *, until, round_trip_s=0.0, wishing=False):
    asked = []
    for ms in range(round(until * 1_000)):
        if wishing:
            wish.wish()
        if wish.due(ms / 1_000, round_trip_s):
            asked.append(ms / 1_000)
    return asked


def test_nothing_is_asked_for_that_nobody_wants():
    assert asked_at(KeyWish(), until=3) == []


def test_any_number_of_wishes_is_one_request():
    wish = KeyWish()
    for _ in range(500):
        wish.wish()
    assert asked_at(wish, until=FIRST_S) == [0.0]


def test_a_request_is_repeated_more_and_more_rarely_until_a_key_frame_begins():
    wish = KeyWish()
    wish.wish()
    asked = asked_at(wish, until=10)
    apart = [later - earlier for earlier, later in pairwise(asked)]
    assert apart == sorted(apart)
    assert round(apart[0], 3) == FIRST_S
    assert round(apart[-1], 3) == LONGEST_S
    wish.on_key()
    assert asked_at(wish, until=10) == []


def test_a_wish_right_after_a_key_frame_waits_and_is_not_forgotten():
    wish = KeyWish()
    wish.wish()
    assert wish.due(0.0, 0.0)
    wish.on_key()
    wish.wish()
    assert not wish.due(FIRST_S / 2, 0.0)
    assert wish.due(FIRST_S, 0.0)


def test_a_far_publisher_is_given_the_time_to_answer():
    wish = KeyWish()
    wish.wish()
    assert asked_at(wish, until=1.4, round_trip_s=1.0) == [0.0]
