import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtcp import TransportFeedback, build_compound, parse_compound
from parlor.wire.webrtc.rtcp.transport_cc import MAX_COUNT


def datagram(count: int, rest: str, reference: str = "000002") -> bytes:
    """Feedback about `count` packets, with the chunks and times in `rest`."""
    content = bytes.fromhex("0000000100000002000a") + count.to_bytes(2)
    content += bytes.fromhex(reference) + b"\x07" + bytes.fromhex(rest)
    content += bytes(-len(content) % 4)
    return b"\x8f\xcd" + (len(content) // 4).to_bytes(2) + content


def feedback(count: int, *received: tuple[int, int], reference: int = 2) -> TransportFeedback:
    return TransportFeedback(1, 2, 10, count, reference, 7, received)


@pytest.mark.parametrize(
    ("packet", "data"),
    [
        # Runs: of small times, of large ones, and the draft's first example (§3.1.3) of none.
        (feedback(2, (0, 4), (1, 255)), datagram(2, "2002 04ff")),
        (feedback(3, (0, 256), (1, -1), (2, 0x7FFF)), datagram(3, "4003 0100 ffff 7fff")),
        (feedback(221), datagram(221, "00dd")),
        # The draft's one-bit vector (§3.1.4): one lost, five there, three lost, three there.
        (
            feedback(15, *((n, 1) for n in (1, 2, 3, 4, 5, 9, 10, 11))),
            datagram(15, "9f1c 0001 0101010101010101"),
        ),
        # Two bits: lost, large, three small ones, two lost.
        (
            feedback(8, (1, -5), (2, 1), (3, 2), (4, 3)),
            datagram(8, "c950 0001 fffb 010203"),
        ),
        # The 24 bits of the reference have a sign.
        (feedback(1, (0, 0), reference=-1), datagram(1, "2001 00", "ffffff")),
    ],
)
def test_each_kind_of_chunk_is_read_and_built(packet, data):
    assert parse_compound(data) == [packet]
    assert build_compound([packet]) == data


def test_times_add_up_from_the_reference_in_quarters_of_a_millisecond():
    told = feedback(4, (0, 8), (1, 0), (3, -4))
    assert list(told.arrivals()) == [(10, 520), (11, 520), (13, 516)]
    assert list(feedback(3, (0, 1), reference=-1).arrivals()) == [(10, -255)]


def test_the_number_of_a_packet_wraps_around():
    told = TransportFeedback(1, 2, 0xFFFF, 3, 0, 0, ((0, 1), (2, 1)))
    assert [seq for seq, _ in told.arrivals()] == [0xFFFF, 1]


def test_padding_by_single_bytes_as_browsers_do_it_is_taken():
    padded = bytearray(datagram(3, "2003 010203"))
    padded[0] |= 0x20
    padded[-1:] = b"\x03"
    assert parse_compound(bytes(padded)) == [feedback(3, (0, 1), (1, 2), (2, 3))]


def test_what_a_vector_holds_beyond_the_count_is_not_looked_at():
    assert parse_compound(datagram(2, "b000 0102")) == [feedback(2, (0, 1), (1, 2))]
    assert parse_compound(datagram(1, "d3ff 01")) == [feedback(1, (0, 1))]
    assert parse_compound(datagram(1, "20ff 01")) == [feedback(1, (0, 1))]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (datagram(0, ""), Reason.VALUE),
        (datagram(1, ""), Reason.CUT_OFF),
        (datagram(30, "2001 2001"), Reason.CUT_OFF),
        (datagram(5, "2005 0102"), Reason.CUT_OFF),
        (datagram(4, "4004 0102 0304"), Reason.CUT_OFF),
        (datagram(2, "6002 0102"), Reason.VALUE),
        (datagram(2, "f000 0102"), Reason.VALUE),
        (datagram(2, "0000 0000"), Reason.VALUE),
        (bytes.fromhex("8fcd0003 00000001 00000002 000a0001"), Reason.LENGTH),
    ],
)
def test_feedback_that_breaks_a_rule_is_refused_for_it(data, reason):
    with pytest.raises(Malformed) as refused:
        parse_compound(data)
    assert refused.value.reason is reason


def test_a_lie_about_how_many_arrived_costs_nothing():
    with pytest.raises(Malformed) as refused:
        parse_compound(datagram(MAX_COUNT, "3fff" * 8))
    assert refused.value.reason is Reason.CUT_OFF
    (lost,) = parse_compound(datagram(MAX_COUNT, "1fff" * 8 + "0007"))
    assert lost == feedback(MAX_COUNT)


def test_what_the_format_cannot_say_is_not_built():
    for packet in (feedback(2, (2, 0)), feedback(2, (1, 0), (1, 0)), feedback(2, (1, 0), (0, 0))):
        with pytest.raises(ValueError, match="packet"):
            build_compound([packet])
    with pytest.raises(OverflowError):
        build_compound([feedback(1, (0, 0x8000))])


def test_feedback_is_as_short_as_runs_and_vectors_make_it():
    everything = feedback(140, *((n, 1) for n in range(140)))
    assert len(build_compound([everything])) == 20 + 2 + 140 + 2
    each_other = feedback(140, *((n, 1) for n in range(0, 140, 2)))
    assert len(build_compound([each_other])) == 20 + 2 * 10 + 70 + 2


ticks = st.integers(0, 255) | st.integers(-0x8000, 0x7FFF)


@st.composite
def feedbacks(draw) -> TransportFeedback:
    """Runs, holes and changes of size, as they come in life, and any order of them."""
    received: list[tuple[int, int]] = []
    at = 0
    for kind, run in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 30)), min_size=1, max_size=12)
    ):
        if kind:
            times = draw(st.lists(ticks if kind == 2 else st.integers(0, 255), max_size=run))
            received += ((at + n, time) for n, time in enumerate(times))
        at += run
    return TransportFeedback(
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 0xFFFF)),
        at,
        draw(st.integers(-(1 << 23), (1 << 23) - 1)),
        draw(st.integers(0, 255)),
        tuple(received),
    )


@given(feedbacks())
def test_feedback_comes_back(told):
    assert parse_compound(build_compound([told])) == [told]


@settings(max_examples=20, deadline=None)
@given(st.integers(MAX_COUNT - 20_000, MAX_COUNT), st.integers(0, 40_000), st.integers(0, 255))
def test_a_long_silence_between_two_packets_comes_back(count, place, time):
    told = feedback(count, (place, time), (count - 1, -time))
    assert parse_compound(build_compound([told])) == [told]


@given(st.integers(0, 0xFFFF), st.binary(max_size=60))
def test_any_chunks_are_feedback_or_one_kind_of_error(count, rest):
    try:
        (told,) = parse_compound(datagram(count, rest.hex()))
    except Malformed:
        return
    assert isinstance(told, TransportFeedback)
    assert len(told.received) <= len(rest) + 3
    assert parse_compound(build_compound([told])) == [told]
