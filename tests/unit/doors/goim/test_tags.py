import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.doors.goim.tags import op_of, tag_of, tags_of
from parlor.wire.goim.ops import INT32_MAX, INT32_MIN


@given(st.integers(INT32_MIN, INT32_MAX))
def test_every_operation_comes_back_from_its_tag(op: int):
    assert op_of(tag_of(op)) == op


@pytest.mark.parametrize(
    "tag", ["", "news", "0", "-0", "01", "+1", "2147483648", "1e3", "\u0661", "1\n"]
)
def test_a_tag_that_is_no_operation_is_seen_as_operation_0(tag: str):
    assert op_of(tag) == 0


@given(st.text())
def test_any_tag_has_an_operation_that_fits_the_frame(tag: str):
    assert INT32_MIN <= op_of(tag) <= INT32_MAX


def test_operation_0_is_the_tag_of_pushes_without_one():
    assert tags_of([0, 1000]) == {"", "1000"}
