import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.demux import Protocol, protocol_of


@pytest.mark.parametrize(
    ("first", "last", "protocol"),
    [
        # RFC 7983 §7, figure 3, with the gaps between.
        (0, 3, Protocol.STUN),
        (4, 19, Protocol.UNKNOWN),
        (20, 63, Protocol.DTLS),
        (64, 79, Protocol.TURN_CHANNEL),
        (80, 127, Protocol.UNKNOWN),
        (128, 191, Protocol.RTP),
        (192, 255, Protocol.UNKNOWN),
    ],
)
def test_the_first_byte_says_which_protocol_it_is(first, last, protocol):
    assert {protocol_of(bytes([byte, 0])) for byte in range(first, last + 1)} == {protocol}


def test_rtcp_is_told_from_rtp_by_its_packet_type():
    kinds = {second: protocol_of(bytes([0x80, second])) for second in range(256)}
    rtcp = {second for second, kind in kinds.items() if kind is Protocol.RTCP}
    assert rtcp == set(range(192, 224))
    assert {kind for kind in kinds.values() if kind is not Protocol.RTCP} == {Protocol.RTP}


def test_an_opus_packet_with_its_marker_set_stays_rtp():
    assert protocol_of(b"\x90\xef") is Protocol.RTP


@given(st.binary(max_size=4))
def test_any_datagram_belongs_somewhere_whatever_holds_its_bytes(datagram):
    protocol = protocol_of(datagram)
    assert protocol_of(bytearray(datagram)) is protocol
    assert protocol_of(memoryview(datagram)) is protocol
    assert (protocol is Protocol.UNKNOWN) or datagram
