"""RTCP from somebody whose keys fit: packets, or one kind of error, for work that is bounded."""

from __future__ import annotations

from parlor.wire.webrtc.malformed import Malformed
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
    SenderReport,
    SourceChunk,
    SourceDescription,
    TransportFeedback,
    Unread,
    build_compound,
    parse_compound,
)
from parlor.wire.webrtc.rtcp.compound import MAX_PACKETS

_BLOCK = ReportBlock(1, 128, -2, 0x1FFFE, 90, 0xB44DB705, 0x54000)
SEEDS = [
    build_compound(
        [
            SenderReport(1, 0xB44DB705_20000000, 3_000, 10, 10_000, (_BLOCK,)),
            SourceDescription((SourceChunk(1, ((1, "cname"), (2, "name"))), SourceChunk(2))),
            Goodbye((1, 2), "gone"),
        ]
    ),
    build_compound([ReceiverReport(1, (_BLOCK, _BLOCK)), Pli(1, 2), Nack(1, 2, (65_535, 0, 9))]),
    build_compound([Fir(1, (FirEntry(2, 9),)), Remb(1, 2_500_000, (2, 3))]),
    build_compound([Application(5, 7, b"name", b"\1\2\3\4"), Unread(207, 0, bytes(8))]),
    build_compound(
        [TransportFeedback(1, 2, 10, 40, -3, 7, ((0, 1), (1, -5), (9, 300), (30, 0), (39, 255)))]
    ),
    bytes.fromhex("afcd0006 00000001 00000002 000a0003 00000207 2003 01 02 03 000003"),
    bytes.fromhex("8fcd0005 00000001 00000002 000affff 00000207 1fff1fff"),
]


def check(data: bytes) -> None:
    try:
        packets = parse_compound(data)
    except Malformed:
        return
    assert 1 <= len(packets) <= MAX_PACKETS
    for packet in packets:
        if isinstance(packet, Nack):
            assert len(packet.lost) <= len(data) // 4 * 17
        elif isinstance(packet, TransportFeedback):
            assert len(packet.received) <= len(data)
            assert len(list(packet.arrivals())) == len(packet.received)
    read = [packet for packet in packets if not isinstance(packet, Unread)]
    if read:
        assert parse_compound(build_compound(read)) == read
