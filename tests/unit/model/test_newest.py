import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.newest import Newest


@given(st.lists(st.integers(0, 20), max_size=100), st.integers(0, 10))
def test_those_that_were_put_last_are_kept_in_order(puts, limit):
    newest: Newest[int, int] = Newest()
    forgotten = 0
    for at, key in enumerate(puts):
        newest.put(key, at)
        forgotten += newest.trim(limit)
    last = list(dict.fromkeys(reversed(puts)))[:limit]
    assert list(newest) == last[::-1]
    assert forgotten >= len(set(puts)) - limit


def test_setting_what_is_there_does_not_make_it_newer():
    newest = Newest({"a": 1, "b": 2})
    newest["a"] = 3
    assert newest.oldest() == ("a", 3)
    newest.put("a", 4)
    assert newest.oldest() == ("b", 2)


def test_of_nothing_there_is_no_oldest():
    with pytest.raises(KeyError):
        Newest().oldest()
