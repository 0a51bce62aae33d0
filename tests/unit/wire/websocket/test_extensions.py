import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import WireError
from parlor.wire.websocket.extensions import Extension, parse_extensions


def test_no_header_is_no_extension():
    assert parse_extensions([]) == ()


@pytest.mark.parametrize(
    "lines",
    [
        [b"foo, bar; baz=2"],
        [b"foo", b"bar; baz=2"],
        [b"foo", b'bar;baz="2"'],
        [b"\t foo ,, bar ; baz\t= 2 ,"],
        [b", foo", b'bar; baz="\\2"'],
    ],
)
def test_lines_spaces_and_quotes_make_no_difference(lines):
    """§9.1: split or combined across lines, with the white space that RFC 2616 implies."""
    assert parse_extensions(lines) == (
        Extension("foo"),
        Extension("bar", (("baz", "2"),)),
    )


def test_parameters_keep_their_order_and_their_doubles():
    (extension,) = parse_extensions([b"a; b; c=1; b; c=2"])
    assert extension.parameters == (("b", None), ("c", "1"), ("b", None), ("c", "2"))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" , ",
        b";",
        b"a;",
        b"a; =1",
        b"a; b=",
        b"a; b==1",
        b"a b",
        b"a; b c",
        b'a; b="1',
        b'a; b=""',
        b'a; b="1 2"',
        b'a; b="1,2"',
        b'a; b="1;2"',
        b"a/b",
        b"a=1",
        b"a; b=\xc3\xa9",
        b"\xff",
        b"a\0",
    ],
)
def test_what_is_not_the_grammar_is_refused(line):
    with pytest.raises(WireError):
        parse_extensions([line])


tokens = st.from_regex(re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,8}"), fullmatch=True)
extensions = st.builds(
    Extension,
    tokens,
    st.lists(st.tuples(tokens, st.none() | tokens), max_size=4).map(tuple),
)


@given(st.lists(extensions, min_size=1, max_size=5))
def test_what_is_written_is_read(wanted):
    elements = [
        "; ".join([e.name, *(n if v is None else f"{n}={v}" for n, v in e.parameters)]).encode()
        for e in wanted
    ]
    assert parse_extensions(elements) == tuple(wanted)
    assert parse_extensions([b" , ".join(elements)]) == tuple(wanted)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3))
def test_any_bytes_are_read_or_refused(lines):
    try:
        found = parse_extensions(lines)
    except WireError:
        return
    assert found


def test_a_hostile_header_takes_no_longer_than_its_length():
    """A backtracking pattern would take minutes for these."""
    for line in (
        b"a;" * 30_000,
        b"a; b" + b" " * 60_000 + b"c",
        b", " * 30_000,
        b'a; b="' * 10_000,
    ):
        with pytest.raises(WireError):
            parse_extensions([line])
