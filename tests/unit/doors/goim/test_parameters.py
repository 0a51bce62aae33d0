from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.doors.goim.parameters import MAX_VALUES, BadParameter, Parameters


def test_lists_are_repeated_keys_and_scalars_take_the_first():
    query = Parameters(b"keys=a&keys=b%20c&keys=%E4%BD%A0&operation=1000&operation=7&x")
    assert query.texts("keys") == ["a", "b c", "你"]
    assert query.required_int32("operation") == 1000
    assert query.texts("absent") == []


def test_a_comma_list_is_one_value():
    assert Parameters(b"keys=a,b").texts("keys") == ["a,b"]
    with pytest.raises(BadParameter, match="mids"):
        Parameters(b"mids=1,2").int64s("mids")


def test_numbers_keep_to_their_size_and_empty_is_zero():
    query = Parameters(b"a=2147483647&b=-2147483648&c=2147483648&d=&e=x&f=1_0&g=%EF%BC%91")
    assert (query.int32("a"), query.int32("b"), query.int32("d")) == (2147483647, -2147483648, 0)
    assert query.int32("absent") == 0
    for name in "cefg":
        with pytest.raises(BadParameter, match=name):
            query.int32(name)
    assert Parameters(b"mids=9223372036854775807&mids=").int64s("mids") == [(1 << 63) - 1, 0]


def test_what_is_required_may_be_neither_missing_nor_empty_nor_zero():
    query = Parameters(b"type=&operation=0")
    for name in ("type", "room"):
        with pytest.raises(BadParameter, match=name):
            query.text(name)
    with pytest.raises(BadParameter, match="operation"):
        query.required_int32("operation")
    with pytest.raises(BadParameter, match="rooms"):
        query.required_texts("rooms")


def test_a_query_of_endless_pairs_is_refused():
    assert len(Parameters(b"&".join([b"k=1"] * MAX_VALUES)).texts("k")) == MAX_VALUES
    with pytest.raises(BadParameter):
        Parameters(b"&".join([b"k=1"] * (MAX_VALUES + 1)))


@given(st.binary(max_size=100))
def test_no_query_raises_anything_else(query: bytes):
    with contextlib.suppress(BadParameter):
        Parameters(query).int64s("mids")
