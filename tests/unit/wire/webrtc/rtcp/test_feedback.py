import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtcp import (
    Fir,
    FirEntry,
    Nack,
    Pli,
    Remb,
    Unread,
    build_compound,
    parse_compound,
)


def refusal(hexadecimal: str) -> Reason:
    with pytest.raises(Malformed) as refused:
        parse_compound(bytes.fromhex(hexadecimal))
    return refused.value.reason


@pytest.mark.parametrize(
    ("packet", "data"),
    [
        (Nack(1, 2, (100,)), "81cd0003 00000001 00000002 00640000"),
        (Nack(1, 2, (100, 101, 116)), "81cd0003 00000001 00000002 00648001"),
        (Nack(1, 2, (100, 117)), "81cd0004 00000001 00000002 00640000 00750000"),
        (Nack(1, 2, (0xFFFF, 0, 2)), "81cd0003 00000001 00000002 ffff0005"),
        (Pli(1, 2), "81ce0002 00000001 00000002"),
        (Fir(1, (FirEntry(2, 9),)), "84ce0004 00000001 00000000 00000002 09000000"),
        (
            # 2,500,000 is 156,250 times 16: it loses nothing.
            Remb(1, 2_500_000, (2, 3)),
            "8fce0006 00000001 00000000 52454d42 0212625a 00000002 00000003",
        ),
        (Remb(1, 0, ()), "8fce0004 00000001 00000000 52454d42 00000000"),
        (Remb(1, 0x3FFFF, ()), "8fce0004 00000001 00000000 52454d42 0003ffff"),
    ],
)
def test_what_a_receiver_wants_is_read_and_built(packet, data):
    assert parse_compound(bytes.fromhex(data)) == [packet]
    assert build_compound([packet]) == bytes.fromhex(data)


@pytest.mark.parametrize(
    "data",
    [
        "81cd0001 00000001",
        "81cd0002 00000001 00000002",
        "81ce0001 00000001",
        "81ce0003 00000001 00000002 00000000",
        "84ce0002 00000001 00000000",
        "84ce0003 00000001 00000000 00000002",
        "8fce0003 00000001 00000000 52454d42",
        "8fce0004 00000001 00000000 52454d42 01000000",
        "8fce0005 00000001 00000000 52454d42 00000000 00000002",
        "a1cd0003 00000001 00000002 00640001",
    ],
)
def test_feedback_of_a_length_that_its_kind_cannot_have_is_refused(data):
    assert refusal(data) is Reason.LENGTH


def test_feedback_for_nothing_is_not_built():
    for packet in (Nack(1, 2, ()), Fir(1, ())):
        with pytest.raises(ValueError, match="nothing"):
            build_compound([packet])


def test_other_packets_of_the_application_layer_are_handed_on():
    data = bytes.fromhex("8fce0003 00000001 00000000 4f544852")
    assert parse_compound(data) == [Unread(206, 15, data[4:])]


def test_a_bitrate_is_rounded_down_to_18_bits():
    (back,) = parse_compound(build_compound([Remb(1, 0x7FFFF, ())]))
    assert back == Remb(1, 0x7FFFE, ())


@given(st.integers(0, 2**80), st.lists(st.integers(0, 2**32 - 1), max_size=255).map(tuple))
def test_a_bitrate_is_never_more_than_was_meant_and_hardly_less(bitrate, sources):
    (back,) = parse_compound(build_compound([Remb(1, bitrate, sources)]))
    assert isinstance(back, Remb)
    assert back.sources == sources
    assert bitrate * (1 - 2**-17) <= back.bitrate <= bitrate


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=60).map(tuple))
def test_lost_packets_come_back_in_the_order_they_were_asked_for(lost):
    assert parse_compound(build_compound([Nack(1, 2, lost)])) == [Nack(1, 2, lost)]


@given(st.integers(0, 0xFFFF), st.sets(st.integers(0, 500), min_size=1, max_size=100))
def test_a_nack_needs_four_bytes_for_seventeen_neighbours(first, ahead):
    lost = tuple(first + n & 0xFFFF for n in sorted(ahead))
    spans, begin = 0, -100
    for n in sorted(ahead):
        if n - begin > 16:
            spans, begin = spans + 1, n
    assert len(build_compound([Nack(1, 2, lost)])) == 12 + 4 * spans
