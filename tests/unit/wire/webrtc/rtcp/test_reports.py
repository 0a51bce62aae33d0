import pytest

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtcp import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    build_compound,
    parse_compound,
)
from parlor.wire.webrtc.rtcp.reports import middle_ntp, ntp_of, round_trip_s

BLOCK = ReportBlock(
    ssrc=0x10203040,
    fraction_lost=128,
    lost=-2,
    highest_seq=0x0001FFFE,
    jitter=90,
    last_sr=0xB44DB705,
    since_last_sr=0x00054000,
)
BLOCK_BYTES = bytes.fromhex("10203040 80fffffe 0001fffe 0000005a b44db705 00054000")
RR = bytes.fromhex("81c90007 00000001") + BLOCK_BYTES
SR = bytes.fromhex("81c8000c 00000001 b44db705 20000000 00000bb8 0000000a 00002710") + BLOCK_BYTES


def test_a_receiver_report_is_read_and_built():
    report = ReceiverReport(1, (BLOCK,))
    assert parse_compound(RR) == [report]
    assert build_compound([report]) == RR


def test_a_sender_report_is_read_and_built():
    report = SenderReport(1, 0xB44DB705_20000000, 3_000, 10, 10_000, (BLOCK,))
    assert parse_compound(SR) == [report]
    assert build_compound([report]) == SR


def test_a_profiles_own_words_after_the_blocks_are_passed_over():
    longer = RR[:3] + b"\x08" + RR[4:] + b"more"
    assert parse_compound(longer) == parse_compound(RR)


@pytest.mark.parametrize(
    "data",
    [
        "80c90000",
        "81c90001 00000001",
        "82c90007 00000001" + BLOCK_BYTES.hex(),
        "80c80005 00000001 b44db705 20000000 00000bb8 0000000a",
        "81c80006 00000001 b44db705 20000000 00000bb8 0000000a 00002710",
    ],
)
def test_a_report_with_less_than_it_counts_is_refused(data):
    with pytest.raises(Malformed) as refused:
        parse_compound(bytes.fromhex(data))
    assert refused.value.reason is Reason.LENGTH


def test_losses_have_24_bits_and_a_sign():
    for lost in (-(1 << 23), -1, 0, (1 << 23) - 1):
        report = ReceiverReport(1, (ReportBlock(2, 255, lost, 3, 4, 5, 6),))
        assert parse_compound(build_compound([report])) == [report]


def test_the_round_trip_of_rfc_3550_figure_2_is_6125_thousandths():
    # Sent at 0xb705:2000 (46853.125 s), delayed 5.250 s, back at 0xb710:8000 (46864.500 s).
    block = ReportBlock(1, 0, 0, 0, 0, last_sr=0xB7052000, since_last_sr=0x00054000)
    assert round_trip_s(block, 0xB44D_B710_8000_0000) == 6.125


def test_no_sender_report_and_times_that_do_not_fit_give_no_round_trip():
    never = ReportBlock(1, 0, 0, 0, 0, last_sr=0, since_last_sr=0)
    assert round_trip_s(never, ntp_of(10.0)) is None
    future = ReportBlock(1, 0, 0, 0, 0, middle_ntp(ntp_of(10.0)), since_last_sr=65_536)
    assert round_trip_s(future, ntp_of(10.5)) is None


def test_ntp_counts_from_1900():
    assert ntp_of(0.0) == 2_208_988_800 << 32
    assert ntp_of(0.5) & 0xFFFFFFFF == 1 << 31
    assert middle_ntp(0x11112222_33334444) == 0x22223333
