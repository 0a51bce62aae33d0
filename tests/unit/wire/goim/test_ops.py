"""Operation lists as goim reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.goim.ops import parse_ops


def test_a_list_is_decimal_numbers_and_commas():
    assert parse_ops(b"1000,1001") == (1000, 1001)
    assert parse_ops(b"-1,+5,007") == (-1, 5, 7)
    assert parse_ops(b"") == ()


@pytest.mark.parametrize(
    "body",
    [
        *(b"1000, 1001", b"1000,", b",", b"a", b"1_0", b"0x10", b"1.0", b"2147483648"),
        *(b"9" * 4000, b"1000,\xff", "１".encode(), b" ", b"-", b"-2147483649", b"1000\n"),
    ],
)
def test_anything_else_is_no_list(body: bytes):
    assert parse_ops(body) is None


@given(st.lists(st.integers(-(1 << 31), (1 << 31) - 1), min_size=1))
def test_every_int32_reads_back(ops: list[int]):
    assert parse_ops(",".join(map(str, ops)).encode()) == tuple(ops)


@given(st.binary(max_size=60))
def test_no_bytes_raise(body: bytes):
    parse_ops(body)
