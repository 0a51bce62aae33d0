"""The smallest thing that talks to browsers with `wire/webrtc`: one UDP port, no policy.

What it opens it hands to `on_rtp`; whoever holds it decides what to send to whom.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from parlor.wire.webrtc.certificate import make_certificate
from parlor.wire.webrtc.demux import Protocol, protocol_of
from parlor.wire.webrtc.dtls import Dtls, DtlsContext, DtlsState
from parlor.wire.webrtc.ice_lite import (
    ENTROPY_BYTES,
    Credentials,
    IceLite,
    Path,
    make_credentials,
    target_of,
)
from parlor.wire.webrtc.sdp import Candidate, Setup, Transport
from parlor.wire.webrtc.srtp import Srtp
from parlor.wire.webrtc.stun import parse_message
from parlor.wire.webrtc.stun_attributes import Address


@dataclass(slots=True)
class Peer:
    """One peer connection of a browser's."""

    credentials: Credentials
    ice: IceLite
    dtls: Dtls | None = None
    srtp: Srtp | None = None
    on_rtp: Callable[[bytes], None] | None = None


class TinyWorker(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.context = DtlsContext(make_certificate(time.time()))
        self.peers: list[Peer] = []
        self._by_path: dict[Path, Peer] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def add_peer(self) -> Peer:
        credentials = make_credentials(secrets.token_bytes(ENTROPY_BYTES))
        peer = Peer(credentials, IceLite(credentials))
        self.peers.append(peer)
        return peer

    def here(self, peer: Peer) -> Transport:
        """What to say to the browser of this end."""
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")[:2]
        return Transport(
            ufrag=peer.credentials.ufrag,
            password=peer.credentials.password,
            ice_options=("ice2", "trickle"),
            fingerprints=(self.context.fingerprint,),
            candidates=(Candidate("1", 1, "udp", 2_130_706_431, host, port),),
            end_of_candidates=True,
        )

    def restart(self, peer: Peer, their_ufrag: str) -> None:
        peer.credentials = make_credentials(secrets.token_bytes(ENTROPY_BYTES))
        peer.ice.restart(peer.credentials, their_ufrag)

    def connect(self, peer: Peer, there: Transport) -> None:
        """The browser's description came: `there` is what it says of its end."""
        peer.ice.expect(there.ufrag)
        peer.dtls = Dtls(self.context, client=there.setup is Setup.PASSIVE)
        peer.dtls.expect(there.fingerprints)

    def send(self, peer: Peer, datagrams: list[bytes]) -> None:
        assert self._transport is not None
        if peer.ice.selected is not None:
            for datagram in datagrams:
                self._transport.sendto(datagram, tuple(peer.ice.selected.remote))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        path, now = Path(Address(*addr[:2])), time.monotonic()
        protocol = protocol_of(data)
        if protocol is Protocol.STUN:
            self._check(data, path, now)
            return
        peer = self._by_path.get(path)
        if peer is None or peer.dtls is None:
            return
        if protocol is Protocol.DTLS:
            self.send(peer, peer.dtls.received(data, now))
            if peer.dtls.state is DtlsState.OPEN and peer.srtp is None:
                assert peer.dtls.keys is not None
                peer.srtp = Srtp(peer.dtls.keys)
        elif peer.srtp is not None and protocol is Protocol.RTP:
            opened = peer.srtp.open(data)
            if opened is not None and peer.on_rtp is not None:
                peer.on_rtp(opened)
        elif peer.srtp is not None and protocol is Protocol.RTCP:
            peer.srtp.open_rtcp(data)

    def on_time(self) -> None:
        now = time.monotonic()
        for peer in self.peers:
            peer.ice.on_time(now)
            if peer.dtls is not None:
                self.send(peer, peer.dtls.on_time(now))

    def _check(self, data: bytes, path: Path, now: float) -> None:
        assert self._transport is not None
        message = parse_message(data)
        target = target_of(message)
        peer = next((peer for peer in self.peers if target in peer.ice.ufrags), None)
        if peer is None:
            return
        outcome = peer.ice.received(message, path, now)
        if outcome.answer is not None:
            self._transport.sendto(outcome.answer, tuple(path.remote))
        if outcome.agreed:
            self._by_path[path] = peer


@asynccontextmanager
async def running_worker() -> AsyncIterator[TinyWorker]:
    """On 127.0.0.1, with its timers served."""
    loop = asyncio.get_running_loop()
    transport, worker = await loop.create_datagram_endpoint(TinyWorker, ("127.0.0.1", 0))

    async def keep_time() -> None:
        while True:
            await asyncio.sleep(0.05)
            worker.on_time()

    timer = asyncio.create_task(keep_time())
    try:
        yield worker
    finally:
        timer.cancel()
        transport.close()
