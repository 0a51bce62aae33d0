from parlor.push.seen import Seen

NAME = ("program", "id-1")


def test_the_first_answer_stays_until_it_is_old():
    seen: Seen[int] = Seen(keep_s=10.0, max_names=5)
    assert seen.first(NAME, 1, 100.0) is None
    assert seen.first(NAME, 2, 109.0) == 1
    assert seen.first(NAME, 3, 110.0) is None
    assert seen.first(NAME, 4, 111.0) == 3


def test_names_of_different_programs_are_different():
    seen: Seen[int] = Seen(10.0, 5)
    assert seen.first(("a", "1"), 1, 0.0) is None
    assert seen.first(("b", "1"), 2, 0.0) is None


def test_the_oldest_are_forgotten_first_and_memory_is_bounded():
    seen: Seen[int] = Seen(1_000.0, max_names=3)
    for number in range(10):
        seen.first(("", str(number)), number, float(number))
    assert len(seen) == 3
    assert seen.first(("", "9"), 0, 10.0) == 9
    assert seen.first(("", "5"), 0, 10.0) is None


def test_what_did_not_happen_may_be_tried_again():
    seen: Seen[int] = Seen(10.0, 5)
    seen.first(NAME, 1, 0.0)
    seen.forget(NAME)
    seen.forget(NAME)
    assert seen.first(NAME, 2, 0.0) is None


def test_another_one_goes_on_with_what_was_seen_within_its_own_bounds():
    seen: Seen[int] = Seen(10.0, 5)
    for number in range(5):
        seen.first(("p", str(number)), number, 100.0 + number)
    other: Seen[int] = Seen(10.0, 3)
    other.load(seen.dump())
    assert other.dump() == seen.dump()[-3:]
    assert other.first(("p", "4"), 9, 105.0) == 4
    assert other.first(("p", "0"), 9, 105.0) is None
    other.apply(keep_s=0.5, max_names=10)
    assert other.first(("p", "4"), 9, 105.0) is None
