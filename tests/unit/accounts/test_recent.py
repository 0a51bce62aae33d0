from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.recent import Recent


def remember(recent, key, owner, value, now=0.0):
    recent.put(key, owner, value, now, recent.version)


def test_an_answer_is_kept_for_its_time():
    recent: Recent[str] = Recent(10, keep_s=30.0)
    remember(recent, b"k", "s", "answer", now=100.0)
    assert recent.get(b"k", 129.9) == "answer"
    assert recent.get(b"k", 130.0) is None
    assert len(recent) == 0


def test_forgetting_an_owner_forgets_all_its_answers_and_no_others():
    recent: Recent[str] = Recent(10, keep_s=30.0)
    remember(recent, b"1", "s", "one")
    remember(recent, b"2", "s", "two")
    remember(recent, b"3", "t", "three")
    recent.forget("s")
    recent.forget("never was")
    assert [recent.get(key, 0.0) for key in (b"1", b"2", b"3")] == [None, None, "three"]


def test_an_answer_looked_up_before_something_was_forgotten_is_not_kept():
    recent: Recent[str] = Recent(10, keep_s=30.0)
    version = recent.version
    recent.forget("s")
    recent.put(b"k", "s", "stale", 0.0, version)
    assert recent.get(b"k", 0.0) is None


def test_the_least_recently_used_goes_first():
    recent: Recent[str] = Recent(2, keep_s=30.0)
    remember(recent, b"1", "s", "one")
    remember(recent, b"2", "s", "two")
    recent.get(b"1", 0.0)
    remember(recent, b"3", "s", "three")
    assert [recent.get(key, 0.0) for key in (b"1", b"2", b"3")] == ["one", None, "three"]


STEPS = st.tuples(st.sampled_from("pgf"), st.integers(0, 5), st.integers(0, 2), st.floats(0, 20))


@given(st.lists(STEPS, max_size=100))
def test_its_memory_stays_within_the_limit(steps):
    recent: Recent[int] = Recent(3, keep_s=30.0)
    now = 0.0
    for step, key, owner, gap in steps:
        now += gap
        if step == "p":
            remember(recent, bytes([key]), str(owner), key, now)
        elif step == "g":
            recent.get(bytes([key]), now)
        else:
            recent.forget(str(owner))
        assert len(recent) <= 3
        assert sum(map(len, recent._keys.values())) == len(recent)
        assert all(recent._keys.values())
