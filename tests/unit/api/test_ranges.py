from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.api.ranges import disposition, is_known, is_still, parse_range
from parlor.model.errors import BadRange


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-", (2, 10)),
        ("bytes=2-5", (2, 6)),
        ("bytes=2-99", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("BYTES=9-9", (9, 10)),
        ("bytes=0-1,3-4", None),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=1-2", None),
        ("bytes=٣-", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_one_range_is_understood_and_anything_else_is_the_whole(header, part):
    assert parse_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(header):
    with pytest.raises(BadRange):
        parse_range(header, 10)


@given(st.text("bytes=0123456789-, x", max_size=24), st.integers(1, 10**12))
def test_a_range_lies_in_the_file(header, size):
    try:
        part = parse_range(header, size)
    except BadRange:
        return
    assert part is None or 0 <= part[0] < part[1] <= size


def test_a_part_of_other_bytes_is_not_gone_on_with():
    assert is_still("", '"a"')
    assert is_still('"a"', '"a"')
    for other in ('"b"', 'W/"a"', "Sat, 21 Nov 2026 22:00:00 GMT"):
        assert not is_still(other, '"a"')


@pytest.mark.parametrize(
    ("header", "known"),
    [("", False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False)],
)
def test_bytes_that_the_client_has_are_known(header, known):
    assert is_known(header, '"a"') is known


def test_a_name_is_told_to_new_clients_and_to_old_ones():
    assert disposition("a.txt", is_shown=False) == (
        "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"
    )
    assert disposition('报"告%\\;.pdf', is_shown=True) == (
        "inline; filename=\"_____;.pdf\"; filename*=UTF-8''%E6%8A%A5%22%E5%91%8A%25%5C%3B.pdf"
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_no_name_gets_out_of_its_quotes(name):
    header = disposition(name, is_shown=False)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert "\\" not in header
    assert unquote(header.rpartition("''")[2]) == name
