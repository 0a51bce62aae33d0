import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.header_extensions import build_extensions
from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtp import build_packet, parse_packet
from parlor.wire.webrtc.rtx import unwrap_lost, wrap_lost


def test_a_retransmission_begins_with_the_original_number():
    lost = parse_packet(bytes.fromhex("80e0abcd 00000064 00000001 48656c6c6f"))
    wrapped = wrap_lost(lost, payload_type=97, seq=5, ssrc=2)
    assert wrapped == bytes.fromhex("80e10005 00000064 00000002 abcd 48656c6c6f")


def test_padding_is_not_sent_again():
    lost = parse_packet(bytes(build_packet(96, 7, 100, 1, b"Hello", padding=9)))
    wrapped = parse_packet(bytes(wrap_lost(lost, payload_type=97, seq=5, ssrc=2)))
    assert wrapped.payload == b"\x00\x07Hello"
    assert wrapped.payload_end == len(wrapped.data)


def test_a_probe_of_padding_is_no_retransmission():
    probe = parse_packet(bytes(build_packet(97, 5, 100, 2, padding=200)))
    assert unwrap_lost(probe, payload_type=96, ssrc=1) is None


def test_half_an_original_number_is_refused():
    half = parse_packet(bytes(build_packet(97, 5, 100, 2, b"\0", padding=3)))
    with pytest.raises(Malformed) as refused:
        unwrap_lost(half, payload_type=96, ssrc=1)
    assert refused.value.reason is Reason.LENGTH


def test_a_packet_that_was_empty_comes_back_empty():
    empty = parse_packet(bytes(build_packet(96, 7, 100, 1)))
    wrapped = parse_packet(bytes(wrap_lost(empty, payload_type=97, seq=5, ssrc=2)))
    assert unwrap_lost(wrapped, payload_type=96, ssrc=1) == bytearray(empty.data)


@given(
    payload=st.binary(max_size=60),
    marker=st.booleans(),
    seq=st.integers(0, 0xFFFF),
    sources=st.lists(st.integers(0, 0xFFFF_FFFF), max_size=3).map(tuple),
    values=st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=3),
    padding=st.integers(0, 255),
)
def test_what_was_lost_comes_back_without_its_padding(
    payload, marker, seq, sources, values, padding
):
    block = build_extensions(values)
    sent, plain = (
        bytes(
            build_packet(
                96,
                seq,
                3_000,
                1,
                payload,
                marker=marker,
                sources=sources,
                extensions=block,
                padding=amount,
            )
        )
        for amount in (padding, 0)
    )
    wrapped = bytes(wrap_lost(parse_packet(sent), payload_type=97, seq=9, ssrc=2))
    retransmission = parse_packet(wrapped)
    assert (retransmission.payload_type, retransmission.seq, retransmission.ssrc) == (97, 9, 2)
    assert retransmission.timestamp == 3_000
    assert unwrap_lost(retransmission, payload_type=96, ssrc=1) == bytearray(plain)
