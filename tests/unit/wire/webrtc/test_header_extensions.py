import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.header_extensions import (
    build_extensions,
    parse_extensions,
    value_offset,
)
from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtp import build_packet, parse_packet


def parsed(block: bytes) -> dict[int, bytes]:
    """Of a block with a payload behind it that could be taken for more values."""
    packet = build_packet(96, 1, 2, 3, b"\x11" * 40, extensions=block)
    return parse_extensions(parse_packet(bytes(packet)))


# The layout of RFC 8285 §4.2's figure: sizes 1, 2 and 4, with padding between.
ONE_BYTE = bytes.fromhex("bede0003 10aa 21bbcc 0000 33 11223344")
# And of §4.3's: sizes 0, 1 and 4.
TWO_BYTE = bytes.fromhex("10000003 0100 0201bb 00 0304 11223344 00")


def test_the_one_byte_form_is_read():
    assert parsed(ONE_BYTE) == {1: b"\xaa", 2: b"\xbb\xcc", 3: bytes.fromhex("11223344")}


def test_the_two_byte_form_is_read_whatever_its_application_bits():
    values = {1: b"", 2: b"\xbb", 3: bytes.fromhex("11223344")}
    assert parsed(TWO_BYTE) == values
    assert parsed(b"\x10\x0f" + TWO_BYTE[2:]) == values


def test_another_form_and_no_block_hold_nothing():
    assert parsed(b"\x12\x34" + ONE_BYTE[2:]) == {}
    assert parsed(b"\xbe\xde\0\0") == {}
    assert parsed(b"") == {}


@pytest.mark.parametrize("stop", ["f0", "f3", "03"])
def test_the_number_15_and_a_padding_with_a_length_end_the_block(stop):
    assert parsed(bytes.fromhex(f"bede0002 10aa {stop} 21 bbcc 0000")) == {1: b"\xaa"}


def test_of_a_number_that_comes_twice_the_last_counts():
    assert parsed(bytes.fromhex("bede0001 10aa 10bb")) == {1: b"\xbb"}


@pytest.mark.parametrize(
    "block",
    [
        "bede0001 13112233",
        "bede0001 0000001f",
        "10000001 01031122",
        "10000001 00000001",
    ],
)
def test_a_value_that_leaves_its_block_is_refused_whatever_follows(block):
    with pytest.raises(Malformed) as refused:
        parsed(bytes.fromhex(block))
    assert refused.value.reason is Reason.CUT_OFF


def test_a_block_is_built_in_the_shortest_form_that_holds_it():
    assert build_extensions({}) == b""
    assert build_extensions({1: b"\xaa"}) == bytes.fromhex("bede0001 10aa0000")
    assert build_extensions({14: b"x" * 16})[:5] == b"\xbe\xde\0\5\xef"
    assert build_extensions({15: b"\xaa"}) == bytes.fromhex("10000001 0f01aa00")
    assert build_extensions({1: b""}) == bytes.fromhex("10000001 01000000")
    assert build_extensions({1: b"x" * 17})[:6] == b"\x10\0\0\5\1\x11"


@pytest.mark.parametrize("values", [{0: b"a"}, {256: b"a"}, {1: bytes(256)}])
def test_what_fits_in_neither_form_is_not_built(values):
    with pytest.raises(ValueError, match="extension"):
        build_extensions(values)


@pytest.mark.parametrize("values", [{3: b"ab", 1: b"c"}, {30: b"", 3: b"ab", 1: b"c"}])
def test_a_value_is_changed_where_it_stands(values):
    block = bytearray(build_extensions(values))
    at = value_offset(values, 3)
    block[at : at + 2] = b"\x12\x34"
    assert parsed(bytes(block)) == values | {3: b"\x12\x34"}
    with pytest.raises(KeyError):
        value_offset(values, 4)


@given(st.dictionaries(st.integers(1, 255), st.binary(max_size=255), max_size=6))
def test_values_come_back_in_whole_words(values):
    block = build_extensions(values)
    assert len(block) % 4 == 0
    assert parsed(block) == values
    for number, value in values.items():
        at = value_offset(values, number)
        assert block[at : at + len(value)] == value


@given(st.sampled_from([b"\xbe\xde", b"\x10\x00"]), st.binary(max_size=40))
def test_any_block_is_values_or_one_kind_of_error(profile, body):
    body += bytes(-len(body) % 4)
    block = profile + (len(body) // 4).to_bytes(2) + body
    try:
        values = parsed(block)
    except Malformed:
        return
    assert parsed(build_extensions(values)) == values
