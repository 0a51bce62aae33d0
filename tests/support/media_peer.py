"""A browser's end of one peer connection, in virtual time: real ICE checks, DTLS, SRTP and RTCP.

It sends pictures whose packets say which layer and frame they are of; `screen` shows those that
come.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parlor.sfu.forward.arrivals import Arrivals
from parlor.wire.webrtc.demux import Protocol, protocol_of
from parlor.wire.webrtc.dtls import Dtls, DtlsContext, DtlsState
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.header_extensions import build_extensions, parse_extensions
from parlor.wire.webrtc.ice_lite import Credentials, Path
from parlor.wire.webrtc.reception import Reception
from parlor.wire.webrtc.rtcp import (
    Nack,
    Pli,
    ReceiverReport,
    RtcpPacket,
    SenderReport,
    TransportFeedback,
    build_compound,
    parse_compound,
)
from parlor.wire.webrtc.rtcp.reports import ntp_of
from parlor.wire.webrtc.rtp import build_packet, parse_packet
from parlor.wire.webrtc.rtx import unwrap_lost, wrap_lost
from parlor.wire.webrtc.sdp import OFFERED_EXTENSIONS, Fingerprint, Setup, Transport
from parlor.wire.webrtc.srtp import Srtp
from parlor.wire.webrtc.stun import Kind, Message, build_message, parse_message
from tests.support.screen import FRAME, Screen

EXTENSIONS: dict[str, int] = {
    ExtensionKind.MID: 4,
    ExtensionKind.TRANSPORT_SEQ: 3,
    ExtensionKind.AUDIO_LEVEL: 1,
    ExtensionKind.RID: 10,
    ExtensionKind.REPAIRED_RID: 11,
}
"""As Chromium numbers them, which is not how receivers get them."""
OPUS, VP8, RTX = 109, 120, 121
"""Payload types of the publisher, others than the receivers' ones."""
_CHECK_S = 1.0
UNIX_S = 1_800_000_000.0


@dataclass(slots=True)
class Camera:
    """One layer that is sent: a frame every `interval_s`, in `packets` packets; a key frame is
    four times as large."""

    mid: str
    rid: str
    ssrc: int
    rtx_ssrc: int
    packets: int = 4
    interval_s: float = 1 / 30
    first_timestamp: int = 0
    on: bool = True
    seq: int = 65_400
    frame: int = 0
    next_at: float = 0.0
    key_wanted: bool = True
    keys: int = 0
    plis: int = 0
    rtx_seq: int = 1
    kept: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Microphone:
    mid: str
    ssrc: int
    seq: int = 65_500
    level: int = 30
    next_at: float = 0.0
    on: bool = True


class MediaPeer:
    def __init__(self, name: str, context: DtlsContext, path: Path) -> None:
        self.name = name
        self.path = path
        self.context = context
        self.ours = Credentials(f"{name}ufrag", f"{name} password of the browser")
        self.dtls = Dtls(context, client=True)
        self.srtp: Srtp | None = None
        self.there = ("", "")
        self.ssrc = 1
        self.cameras: list[Camera] = []
        self.microphones: list[Microphone] = []
        self.screens: dict[int, Screen] = {}
        self.arrivals = Arrivals()
        self.heard: list[RtcpPacket] = []
        self.checks = True
        self.answers = 0
        self.wants = True
        """Whether it reports and asks for anything at all."""
        self.feedback: list[TransportFeedback] = []
        self._transport_seq = 65_000
        self._check_at = self._rtcp_at = self._report_at = 0.0
        self._started = False

    @property
    def transport(self) -> Transport:
        """What its description says."""
        return Transport(
            ufrag=self.ours.ufrag,
            password=self.ours.password,
            fingerprints=(self.context.fingerprint,),
            setup=Setup.ACTIVE,
        )

    def connect(self, there: Credentials, fingerprint: Fingerprint) -> None:
        self.there = (there.ufrag, there.password)
        self.dtls.expect([fingerprint])

    def check(self, *, username: str | None = None, password: str | None = None) -> bytes:
        message = Message(
            kind=Kind.REQUEST,
            transaction=f"{self.answers:012d}".encode(),
            username=username or f"{self.there[0]}:{self.ours.ufrag}",
            priority=1_000,
            ice_controlling=7,
            use_candidate=True,
        )
        return build_message(message, key=(password or self.there[1]).encode())

    def watch(self, ssrc: int, rtx_ssrc: int | None, *, is_video: bool) -> Screen:
        rate = 90_000 if is_video else 48_000
        screen = Screen(ssrc, rtx_ssrc, is_video, Reception(ssrc, rate))
        self.screens[ssrc] = screen
        if rtx_ssrc is not None:
            self.screens[rtx_ssrc] = screen
        return screen

    def received(self, datagram: bytes, now: float) -> list[bytes]:
        protocol = protocol_of(datagram)
        if protocol is Protocol.STUN:
            message = parse_message(datagram)
            if message.kind is Kind.ERROR:
                return []
            message.check_integrity(self.there[1].encode())
            self.answers += 1
            if not self._started:
                self._started = True
                return self.dtls.start(now)
        elif protocol is Protocol.DTLS:
            answers = self.dtls.received(datagram, now)
            if self.dtls.state is DtlsState.OPEN and self.srtp is None:
                assert self.dtls.keys is not None
                self.srtp = Srtp(self.dtls.keys)
            return answers
        elif self.srtp is not None and protocol is Protocol.RTP:
            opened = self.srtp.open(datagram)
            if opened is not None:
                self._on_rtp(opened, now)
        elif self.srtp is not None:
            opened = self.srtp.open_rtcp(datagram)
            if opened is not None:
                return self._on_rtcp(parse_compound(opened), now)
        return []

    def on_time(self, now: float) -> list[bytes]:
        out: list[bytes] = []
        if self.checks and now >= self._check_at:
            self._check_at = now + _CHECK_S
            out.append(self.check())
        if self._started:
            out += self.dtls.on_time(now)
        if self.srtp is None:
            return out
        for microphone in self.microphones:
            while microphone.on and now >= microphone.next_at:
                microphone.next_at = max(microphone.next_at, now - 0.02) + 0.02
                out.append(self.speak(microphone, now))
        for camera in self.cameras:
            if camera.on and now >= camera.next_at:
                camera.next_at = max(camera.next_at + camera.interval_s, now)
                out += self.film(camera, now)
        if self.wants and now >= self._rtcp_at:
            self._rtcp_at = now + 0.05
            packets = [wish for one in self._screens for wish in one.wishes(self.ssrc, now)]
            packets += self.arrivals.feedback(self.ssrc, 1)
            out += [self.rtcp([packet]) for packet in packets]
        if now >= self._report_at:
            self._report_at = now + 1.0
            out += [self.rtcp([report]) for report in self._reports(now)]
        return out

    def rtcp(self, packets: list[RtcpPacket]) -> bytes:
        assert self.srtp is not None
        return self.srtp.protect_rtcp(build_compound(packets))

    def speak(self, microphone: Microphone, now: float) -> bytes:
        microphone.seq = microphone.seq + 1 & 0xFFFF
        values = {
            EXTENSIONS[ExtensionKind.MID]: microphone.mid.encode(),
            EXTENSIONS[ExtensionKind.AUDIO_LEVEL]: bytes([microphone.level | 0x80]),
        }
        timestamp = round(now * 48_000) & 0xFFFF_FFFF
        return self._seal(OPUS, microphone.seq, timestamp, microphone.ssrc, bytes(80), values)

    def speak_once(self) -> bytes:
        """A sealed packet, of a microphone when there is one."""
        one = self.microphones[0] if self.microphones else Microphone("0", 7)
        return self.speak(one, 0.0)

    def film(self, camera: Camera, now: float) -> list[bytes]:
        is_key, camera.key_wanted = camera.key_wanted, False
        camera.keys += is_key
        camera.frame += 1
        count = camera.packets * (4 if is_key else 1)
        sent = []
        for at in range(count):
            camera.seq = camera.seq + 1 & 0xFFFF
            front = bytes([0x90 if at == 0 else 0x80, 0xC0])
            front += (0x8000 | camera.frame & 0x7FFF).to_bytes(2) + bytes([camera.frame & 0xFF])
            front += bytes([0 if is_key else 1])
            layer = ord(camera.rid[:1] or "-")
            payload = front + FRAME.pack(layer, camera.frame, at, count) + bytes(900)
            values = {EXTENSIONS[ExtensionKind.MID]: camera.mid.encode()}
            if camera.rid:
                values[EXTENSIONS[ExtensionKind.RID]] = camera.rid.encode()
            stamp = camera.first_timestamp + round(now * 90_000) & 0xFFFF_FFFF
            is_last = at == count - 1
            camera.kept[camera.seq] = self._plain(
                VP8, camera.seq, stamp, camera.ssrc, payload, values, marker=is_last
            )
            camera.kept.pop(camera.seq - 600 & 0xFFFF, None)
            sent.append(self._protect(camera.kept[camera.seq]))
        return sent

    @property
    def _screens(self) -> list[Screen]:
        return list({id(one): one for one in self.screens.values()}.values())

    def _on_rtp(self, data: bytes, now: float) -> None:
        packet = parse_packet(data)
        values = parse_extensions(packet)
        self.arrivals.on_packet(values[OFFERED_EXTENSIONS[ExtensionKind.TRANSPORT_SEQ]], now)
        screen = self.screens.get(packet.ssrc)
        if screen is None:
            raise AssertionError(f"{packet.ssrc} was never announced")
        screen.mids.add(values[OFFERED_EXTENSIONS[ExtensionKind.MID]])
        if packet.ssrc == screen.rtx_ssrc:
            screen.resent += 1
            data = bytes(unwrap_lost(packet, payload_type=96, ssrc=screen.ssrc) or b"")
            packet = parse_packet(data)
        else:
            screen.reception.on_packet(packet.seq, packet.timestamp, now)
        screen.take(packet, now)

    def _on_rtcp(self, packets: list[RtcpPacket], now: float) -> list[bytes]:
        out: list[bytes] = []
        for packet in packets:
            self.heard.append(packet)
            match packet:
                case Pli():
                    for camera in self.cameras:
                        if camera.ssrc == packet.media_ssrc:
                            camera.plis += 1
                            camera.key_wanted = True
                case Nack():
                    for camera in self.cameras:
                        if camera.ssrc == packet.media_ssrc:
                            out += self._resend(camera, packet.lost)
                case TransportFeedback():
                    self.feedback.append(packet)
                case SenderReport() if packet.ssrc in self.screens:
                    screen = self.screens[packet.ssrc]
                    screen.reports.append(packet)
                    screen.reception.on_sender_report(packet.ntp, now)
        return out

    def _resend(self, camera: Camera, lost: tuple[int, ...]) -> list[bytes]:
        out = []
        for seq in lost:
            kept = camera.kept.get(seq)
            if kept is not None:
                camera.rtx_seq += 1
                packet = parse_packet(kept)
                values = parse_extensions(packet)
                rid = values.pop(EXTENSIONS[ExtensionKind.RID], None)
                if rid is not None:
                    values[EXTENSIONS[ExtensionKind.REPAIRED_RID]] = rid
                wrapped = parse_packet(
                    bytes(
                        wrap_lost(
                            packet, payload_type=RTX, seq=camera.rtx_seq, ssrc=camera.rtx_ssrc
                        )
                    )
                )
                out.append(
                    self._seal(
                        RTX,
                        camera.rtx_seq,
                        wrapped.timestamp,
                        camera.rtx_ssrc,
                        wrapped.payload,
                        values,
                        marker=packet.marker,
                    )
                )
        return out

    def _reports(self, now: float) -> list[RtcpPacket]:
        ntp = ntp_of(UNIX_S + now)
        reports: list[RtcpPacket] = [
            SenderReport(
                camera.ssrc,
                ntp,
                camera.first_timestamp + round(now * 90_000) & 0xFFFF_FFFF,
                camera.frame,
                camera.frame,
            )
            for camera in self.cameras
            if camera.frame
        ]
        reports += [
            SenderReport(one.ssrc, ntp, round(now * 48_000) & 0xFFFF_FFFF, 1, 1)
            for one in self.microphones
        ]
        blocks = tuple(one.reception.report(now) for one in self._screens if one.reception.received)
        if blocks and self.wants:
            reports.append(ReceiverReport(self.ssrc, blocks))
        return reports

    def _plain(
        self,
        payload_type: int,
        seq: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        values: dict[int, bytes],
        *,
        marker: bool = False,
    ) -> bytes:
        self._transport_seq = self._transport_seq + 1 & 0xFFFF
        number = {EXTENSIONS[ExtensionKind.TRANSPORT_SEQ]: self._transport_seq.to_bytes(2)}
        block = build_extensions({**values, **number})
        return bytes(
            build_packet(
                payload_type, seq, timestamp, ssrc, payload, marker=marker, extensions=block
            )
        )

    def _seal(
        self,
        payload_type: int,
        seq: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        values: dict[int, bytes],
        *,
        marker: bool = False,
    ) -> bytes:
        return self._protect(
            self._plain(payload_type, seq, timestamp, ssrc, payload, values, marker=marker)
        )

    def _protect(self, packet: bytes) -> bytes:
        assert self.srtp is not None
        return self.srtp.protect(packet)
