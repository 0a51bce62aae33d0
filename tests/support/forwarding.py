"""A router with peers that need no keys: packets in, and what each receiver would get."""

from __future__ import annotations

from dataclasses import dataclass, field

from parlor.sfu.forward.bandwidth import Bandwidth
from parlor.sfu.forward.peer import Peer
from parlor.sfu.forward.router import Router
from parlor.sfu.forward.transport import PeerTransport
from parlor.sfu.forward.upkeep import Upkeep
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.header_extensions import build_extensions
from parlor.wire.webrtc.ice_lite import Credentials, Path
from parlor.wire.webrtc.rtcp import RtcpPacket, parse_compound
from parlor.wire.webrtc.rtp import RtpPacket, build_packet, parse_packet
from parlor.wire.webrtc.rtx import unwrap_lost, wrap_lost
from parlor.wire.webrtc.stun_attributes import Address
from tests.support.media_peer import EXTENSIONS, OPUS, RTX, VP8
from tests.support.meeting import WORKER
from tests.support.screen import FRAME

FRONT_BYTES = 6


class _Open:
    """In place of SRTP: what is sealed stays readable."""

    def __init__(self) -> None:
        self.rtcp: list[list[RtcpPacket]] = []

    def protect(self, packet: bytes) -> bytes:
        return packet

    def protect_rtcp(self, packet: bytes) -> bytes:
        self.rtcp.append(parse_compound(packet))
        return packet

    def forget_source(self, ssrc: int) -> None:
        """Nothing is remembered here."""


@dataclass
class Stage:
    """A call; time is the caller's."""

    now: float = 100.0
    router: Router = field(default_factory=Router)
    peers: list[Peer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.upkeep = Upkeep(self.router, self.now)
        self._open: dict[Peer, _Open] = {}

    def peer(self, name: str) -> Peer:
        number = len(self.peers) + 1
        ours = Credentials(f"worker{number}", "a password that nobody uses")
        peer = Peer(name, PeerTransport(WORKER, ours), number)
        self._open[peer] = opened = _Open()
        peer.srtp = opened  # type: ignore[assignment]
        peer.protect = lambda packet: packet
        peer.path = Path(Address(f"198.51.100.{number}", 4_000))
        peer.bandwidth = Bandwidth(1e9)
        self.peers.append(peer)
        self.router.add_peer(peer)
        return peer

    def sent_to(self, peer: Peer) -> list[RtpPacket]:
        """What went out to it since the last call; what went to others is kept for them."""
        mine = [data for data, path in self.router.outgoing if path == peer.path]
        self.router.outgoing = [one for one in self.router.outgoing if one[1] != peer.path]
        return [parse_packet(data) for data in mine if not 192 <= data[1] <= 223]

    def rtcp_to(self, peer: Peer) -> list[RtcpPacket]:
        """What was said to it since the last call."""
        said, self._open[peer].rtcp = self._open[peer].rtcp, []
        return [packet for compound in said for packet in compound]

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            self.upkeep.on_time(self.now)


@dataclass
class Source:
    """One layer of a publisher: makes the packets of frames, in order."""

    ssrc: int
    rid: str = ""
    mid: str = "1"
    seq: int = 65_530
    timestamp: int = 0xFFFF_F000
    number: int = 0x7FFE
    tl0: int = 254
    frame: int = 0

    def film(self, *, key: bool = False, count: int = 3) -> list[bytes]:
        """The packets of the next frame."""
        self.frame += 1
        self.timestamp = self.timestamp + 3_000 & 0xFFFF_FFFF
        self.number = self.number + 1 & 0x7FFF
        self.tl0 = self.tl0 + 1 & 0xFF
        return [self._packet(at, count, key=key) for at in range(count)]

    def repaired(self, packet: bytes, seq: int, ssrc: int) -> bytes:
        return bytes(wrap_lost(parse_packet(packet), payload_type=RTX, seq=seq, ssrc=ssrc))

    def _packet(self, at: int, count: int, *, key: bool) -> bytes:
        self.seq = self.seq + 1 & 0xFFFF
        payload = (
            bytes([0x90 if at == 0 else 0x80, 0xC0])
            + (0x8000 | self.number).to_bytes(2)
            + bytes([self.tl0, 0 if key else 1])
            + FRAME.pack(ord(self.rid or "-"), self.frame, at, count)
        )
        values = {EXTENSIONS[ExtensionKind.MID]: self.mid.encode()}
        if self.rid:
            # On every packet, also on retransmissions: nothing else says the layer here.
            values[EXTENSIONS[ExtensionKind.RID]] = self.rid.encode()
            values[EXTENSIONS[ExtensionKind.REPAIRED_RID]] = self.rid.encode()
        return bytes(
            build_packet(
                VP8,
                self.seq,
                self.timestamp,
                self.ssrc,
                payload,
                marker=at == count - 1,
                extensions=build_extensions(values),
            )
        )


def spoken(seq: int, ssrc: int = 7, level: int = 30, mid: str = "0", **more: bytes) -> bytes:
    values = {
        EXTENSIONS[ExtensionKind.MID]: mid.encode(),
        EXTENSIONS[ExtensionKind.AUDIO_LEVEL]: bytes([level]),
    }
    return bytes(
        build_packet(
            OPUS,
            seq & 0xFFFF,
            seq * 960 & 0xFFFF_FFFF,
            ssrc,
            more.get("payload", b"voice"),
            extensions=build_extensions(values),
        )
    )


def restored(packet: RtpPacket, ssrc: int) -> RtpPacket:
    """What a retransmission holds, as a packet of the stream `ssrc`."""
    data = unwrap_lost(packet, payload_type=96, ssrc=ssrc)
    assert data is not None
    return parse_packet(bytes(data))


def part_of(packet: RtpPacket) -> tuple[str, int, int, int]:
    """Layer, frame, place and count that the publisher wrote into the payload."""
    layer, frame, at, count = FRAME.unpack_from(packet.payload, FRONT_BYTES)
    return chr(layer), frame, at, count
