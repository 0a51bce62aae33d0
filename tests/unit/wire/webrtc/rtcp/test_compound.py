from typing import assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtcp import (
    Application,
    Fir,
    FirEntry,
    Goodbye,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceChunk,
    SourceDescription,
    TransportFeedback,
    Unread,
    build_compound,
    parse_compound,
)
from parlor.wire.webrtc.rtcp.compound import MAX_BYTES, MAX_PACKETS

PLI = bytes.fromhex("81ce0002 00000001 00000002")


def refusal(data: bytes) -> Reason:
    with pytest.raises(Malformed) as refused:
        parse_compound(data)
    return refused.value.reason


def test_a_datagram_holds_packets_of_any_kinds_in_their_order():
    packets: list[RtcpPacket] = [
        ReceiverReport(1),
        SourceDescription((SourceChunk(1, ((1, "cname"),)),)),
        Nack(1, 2, (5, 6)),
        Goodbye((1,)),
    ]
    assert parse_compound(build_compound(packets)) == packets


def test_feedback_may_stand_alone():
    assert parse_compound(PLI) == [Pli(1, 2)]


def test_a_kind_that_is_not_read_is_handed_on():
    extended_report = bytes.fromhex("80cf0002 00000001 04000000")
    (packet,) = parse_compound(extended_report)
    assert packet == Unread(207, 0, extended_report[4:])
    assert build_compound([packet]) == extended_report
    unknown_feedback = bytes.fromhex("83cd0003 00000001 00000002 12345678")
    assert parse_compound(unknown_feedback) == [Unread(205, 3, unknown_feedback[4:])]


def test_padding_is_taken_away():
    padded = bytes.fromhex("a1ce0003 00000001 00000002 00000004")
    assert parse_compound(padded) == [Pli(1, 2)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.CUT_OFF),
        (PLI[:3], Reason.CUT_OFF),
        (PLI[:-1], Reason.CUT_OFF),
        (PLI + b"\x81", Reason.CUT_OFF),
        (b"\x01" + PLI[1:], Reason.VERSION),
        (PLI + bytes(4), Reason.VERSION),
        (b"\xa0\xce\0\0", Reason.PADDING),
        (b"\xa0\xce\0\1\0\0\0\0", Reason.PADDING),
        (b"\xa0\xce\0\1\0\0\0\5", Reason.PADDING),
    ],
)
def test_a_datagram_that_breaks_a_rule_is_refused_for_it(data, reason):
    assert refusal(data) is reason


def test_one_wrong_packet_refuses_its_datagram():
    assert refusal(PLI + bytes.fromhex("81cd0001 00000001") + PLI) is Reason.LENGTH


def test_as_many_packets_as_the_limit_and_no_more():
    assert len(parse_compound(b"\x80\xcb\0\0" * MAX_PACKETS)) == MAX_PACKETS
    assert refusal(b"\x80\xcb\0\0" * (MAX_PACKETS + 1)) is Reason.TOO_MANY


def test_a_datagram_may_be_as_long_as_the_limit_and_no_longer():
    most = build_compound([Unread(207, 0, bytes(MAX_BYTES - 4))])
    assert len(parse_compound(most)) == 1
    assert refusal(most + b"\0") is Reason.TOO_BIG


def test_more_parts_than_a_header_counts_are_not_built():
    block = ReportBlock(1, 0, 0, 0, 0, 0, 0)
    assert len(build_compound([ReceiverReport(1, (block,) * 31)])) == 8 + 31 * 24
    for packet in (ReceiverReport(1, (block,) * 32), Unread(207, 0, b"abc")):
        with pytest.raises(ValueError, match="parts"):
            build_compound([packet])


words = st.integers(0, 2**32 - 1)
texts = st.text(max_size=30)
blocks = st.lists(
    st.builds(
        ReportBlock,
        words,
        st.integers(0, 255),
        st.integers(-(1 << 23), (1 << 23) - 1),
        words,
        words,
        words,
        words,
    ),
    max_size=4,
).map(tuple)
whole_words = st.lists(words, max_size=6).map(lambda ws: b"".join(w.to_bytes(4) for w in ws))
packets = st.one_of(
    st.builds(SenderReport, words, st.integers(0, 2**64 - 1), words, words, words, blocks),
    st.builds(ReceiverReport, words, blocks),
    st.lists(
        st.builds(
            SourceChunk,
            words,
            st.lists(st.tuples(st.integers(1, 255), texts), max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(lambda chunks: SourceDescription(tuple(chunks))),
    st.builds(Goodbye, st.lists(words, max_size=31).map(tuple), texts),
    st.builds(
        Application, st.integers(0, 31), words, st.binary(min_size=4, max_size=4), whole_words
    ),
    st.builds(Pli, words, words),
    st.builds(
        Fir,
        words,
        st.lists(st.builds(FirEntry, words, st.integers(0, 255)), min_size=1, max_size=4).map(
            tuple
        ),
    ),
    st.builds(Remb, words, st.integers(0, 0x3FFFF), st.lists(words, max_size=4).map(tuple)),
    st.builds(Unread, st.integers(207, 223), st.integers(0, 31), whole_words),
)


@given(st.lists(packets, min_size=1, max_size=5))
def test_packets_come_back(packets):
    assert parse_compound(build_compound(packets)) == packets


@given(
    st.lists(
        st.tuples(st.integers(0, 0x3F), st.integers(198, 208), st.binary(max_size=40)), max_size=3
    ),
    st.binary(max_size=6),
)
def test_any_bytes_are_packets_or_one_kind_of_error(parts, rest):
    data = bytearray()
    for low, packet_type, body in parts:
        body += bytes(-len(body) % 4)
        data += bytes([0x80 | low, packet_type]) + (len(body) // 4).to_bytes(2) + body
    for hostile in (bytes(data), bytes(data) + rest, rest):
        try:
            found = parse_compound(hostile)
        except Malformed:
            continue
        whole = [packet for packet in found if not isinstance(packet, Unread)]
        if whole:
            assert parse_compound(build_compound(whole)) == whole
        assert sum(_parts(packet) for packet in found) <= 17 * len(hostile)


def _parts(packet: RtcpPacket) -> int:
    """How many things one packet made."""
    match packet:
        case SenderReport() | ReceiverReport():
            return len(packet.blocks)
        case SourceDescription():
            return sum(1 + len(chunk.items) for chunk in packet.chunks)
        case Goodbye() | Remb():
            return len(packet.sources)
        case Nack():
            return len(packet.lost)
        case Fir():
            return len(packet.entries)
        case TransportFeedback():
            return len(packet.received)
        case Application() | Pli() | Unread():
            return 1
    assert_never(packet)
