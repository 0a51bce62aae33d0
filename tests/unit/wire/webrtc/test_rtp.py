import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.header_extensions import build_extensions, parse_extensions
from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtp import (
    MAX_PACKET_BYTES,
    build_packet,
    parse_packet,
    rewrite,
    type_byte,
    with_extensions,
)

# Version 2 with padding, extensions and two sources; marker and type 111.
EVERYTHING = bytes.fromhex(
    "b2ef ffff 01020304 deadbeef00000001 00000002bede0001 10ff000048656c6c6f000003"
)


def refusal(data: bytes) -> Reason:
    with pytest.raises(Malformed) as refused:
        parse_packet(data)
    return refused.value.reason


def test_every_part_of_a_packet_is_found():
    packet = parse_packet(EVERYTHING)
    assert (packet.payload_type, packet.marker, packet.seq) == (111, True, 0xFFFF)
    assert (packet.timestamp, packet.ssrc) == (0x01020304, 0xDEADBEEF)
    assert packet.sources == (1, 2)
    assert parse_extensions(packet) == {1: b"\xff"}
    assert packet.payload == b"Hello"


def test_the_parts_make_the_same_bytes():
    block = build_extensions({1: b"\xff"})
    built = build_packet(
        111,
        0xFFFF,
        0x01020304,
        0xDEADBEEF,
        b"Hello",
        marker=True,
        sources=(1, 2),
        extensions=block,
        padding=3,
    )
    assert built == EVERYTHING


def test_a_packet_may_be_nothing_but_a_header_or_nothing_but_padding():
    bare = parse_packet(bytes(build_packet(0, 0, 0, 0)))
    assert (bare.payload, bare.sources) == (b"", ())
    assert bare.extensions_at == bare.payload_at == 12
    probe = parse_packet(bytes(build_packet(97, 7, 8, 9, padding=255)))
    assert (probe.payload, probe.seq, len(probe.data)) == (b"", 7, 267)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.CUT_OFF),
        (EVERYTHING[:11], Reason.CUT_OFF),
        (EVERYTHING[:19], Reason.CUT_OFF),
        (EVERYTHING[:23], Reason.CUT_OFF),
        (EVERYTHING[:27], Reason.CUT_OFF),
        (b"\x72" + EVERYTHING[1:], Reason.VERSION),
        (b"\xf2" + EVERYTHING[1:], Reason.VERSION),
        (EVERYTHING[:-1] + b"\x00", Reason.PADDING),
        (EVERYTHING[:-1] + b"\x09", Reason.PADDING),
        (b"\xa0" + bytes(11), Reason.PADDING),
        (b"\xa0" + bytes(10) + b"\x01", Reason.PADDING),
        (b"\x90" + bytes(11) + b"\xbe\xde\xff\xff", Reason.CUT_OFF),
    ],
)
def test_lengths_that_do_not_fit_are_refused(data, reason):
    assert refusal(data) is reason


def test_padding_may_fill_all_of_the_payload():
    assert parse_packet(EVERYTHING[:-1] + b"\x08").payload == b""


def test_a_packet_may_be_as_long_as_the_limit_and_no_longer():
    most = bytes(build_packet(96, 1, 2, 3, bytes(MAX_PACKET_BYTES - 12)))
    assert parse_packet(most).payload_end == MAX_PACKET_BYTES
    assert refusal(most + b"\0") is Reason.TOO_BIG


def test_other_extensions_leave_the_rest_as_it_was():
    packet = parse_packet(EVERYTHING)
    for values in ({}, {3: b"ab"}, {1: b"x" * 16, 2: b"y" * 16}):
        copy = with_extensions(packet, build_extensions(values))
        again = parse_packet(bytes(copy))
        assert parse_extensions(again) == values
        assert again.payload == b"Hello"
        assert again.sources == (1, 2)
        assert again.payload_end == len(copy)
    assert packet.data == EVERYTHING


def test_a_packet_without_extensions_is_given_some():
    plain = parse_packet(bytes(build_packet(96, 1, 2, 3, b"payload", sources=(9,))))
    again = parse_packet(bytes(with_extensions(plain, build_extensions({5: b"\x01\x02"}))))
    assert parse_extensions(again) == {5: b"\x01\x02"}
    assert (again.payload, again.sources) == (b"payload", (9,))


def test_a_rewritten_packet_differs_in_four_fields():
    copy = bytearray(EVERYTHING)
    rewrite(copy, type_byte(96, marker=False), 5, 6, 7)
    packet = parse_packet(bytes(copy))
    assert (packet.payload_type, packet.marker, packet.seq) == (96, False, 5)
    assert (packet.timestamp, packet.ssrc) == (6, 7)
    assert copy[0] == EVERYTHING[0]
    assert copy[12:] == EVERYTHING[12:]


def test_numbers_wrap_around_when_they_are_rewritten():
    copy = build_packet(96, 0, 0, 0)
    rewrite(copy, 96, 0x1_0000 + 3, -1, 1)
    packet = parse_packet(bytes(copy))
    assert (packet.seq, packet.timestamp) == (3, 0xFFFF_FFFF)


packets = st.builds(
    build_packet,
    st.integers(0, 127),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.binary(max_size=50),
    marker=st.booleans(),
    sources=st.lists(st.integers(0, 0xFFFF_FFFF), max_size=15).map(tuple),
    extensions=st.dictionaries(st.integers(1, 255), st.binary(max_size=20), max_size=4).map(
        build_extensions
    ),
    padding=st.integers(0, 255),
).map(bytes)


@given(packets)
def test_a_packet_comes_back(data):
    packet = parse_packet(data)
    again = build_packet(
        packet.payload_type,
        packet.seq,
        packet.timestamp,
        packet.ssrc,
        packet.payload,
        marker=packet.marker,
        sources=packet.sources,
        extensions=data[packet.extensions_at : packet.payload_at],
        padding=len(data) - packet.payload_end,
    )
    assert again == data


@given(packets, st.dictionaries(st.integers(1, 255), st.binary(max_size=20), max_size=4))
def test_payload_and_sources_survive_any_change_of_extensions(data, values):
    packet = parse_packet(data)
    again = parse_packet(bytes(with_extensions(packet, build_extensions(values))))
    assert parse_extensions(again) == values
    assert (again.payload, again.sources) == (packet.payload, packet.sources)
    assert (again.seq, again.marker, again.ssrc) == (packet.seq, packet.marker, packet.ssrc)


@given(st.binary(max_size=80), st.integers(0x80, 0xBF))
def test_any_bytes_are_a_packet_or_one_kind_of_error(body, first):
    for data in (body, bytes([first]) + body):
        try:
            packet = parse_packet(data)
        except Malformed:
            continue
        assert 12 <= packet.payload_at <= packet.payload_end <= len(data)
        assert struct.unpack_from(">HII", data, 2) == (packet.seq, packet.timestamp, packet.ssrc)
        try:
            values = parse_extensions(packet)
        except Malformed:
            continue
        assert sum(map(len, values.values())) <= len(data)
