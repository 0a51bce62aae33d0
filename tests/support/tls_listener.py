"""A TLS listener without a socket: what its connections come to, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from parlor.gateway.listening import Mode as ProxyMode
from parlor.gateway.proxied import proxied
from parlor.gateway.tls.certificates import Certificates
from parlor.gateway.tls.listening import Tls
from parlor.gateway.tls.settings import CertificateFiles, Mode, TlsSettings
from tests.support.certificates import write_pair
from tests.support.fake_socket import FakeSocket, advance, make_gateway
from tests.support.steady import CountingMeter


def none_of_its_own() -> CertificateFiles:
    raise AssertionError("no self-signed certificate was asked for")


class Recording(asyncio.Protocol):
    """Keeps what it hears and what happens to it."""

    def __init__(self, address: str = "") -> None:
        self.address = address
        self.heard: list[bytes] = []
        self.happened: list[str] = []
        self.on_data: Callable[[bytes], None] = lambda _: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)
        self.on_data(data)

    def eof_received(self) -> None:
        self.happened.append("eof")

    def connection_lost(self, exc: Exception | None) -> None:
        self.happened.append("lost")

    def pause_writing(self) -> None:
        self.happened.append("pause")

    def resume_writing(self) -> None:
        self.happened.append("resume")


class TlsHouse:
    """`accept` gives the socket of a new connection; `above` is the last protocol made."""

    def __init__(self, folder: Path, **settings: object) -> None:
        pair = write_pair(folder, "one.example")
        self.settings = TlsSettings(certificates=(pair,), **settings)  # type: ignore[arg-type]
        self.gateway, self.clock = make_gateway()
        self.wheel = self.gateway.wheel
        self.certificates = Certificates(self.settings, self.clock, none_of_its_own)
        self.tls = Tls(self.certificates, self.settings, self.gateway)
        self.made: list[Recording] = []

    @property
    def above(self) -> Recording:
        return self.made[-1]

    def accept(
        self,
        mode: Mode = "on",
        answer_plain: Callable[[bytes], bytes] = lambda _: b"",
        proxy: ProxyMode = "off",
    ) -> FakeSocket:
        def make(address: str = "") -> Recording:
            self.made.append(Recording(address))
            return self.above

        socket = FakeSocket()
        secured = self.tls.secured(make, mode, answer_plain=answer_plain)
        protocol = proxied(secured, self.gateway, proxy)()
        socket.set_protocol(protocol)
        protocol.connection_made(socket)
        return socket

    def failures(self) -> int:
        """Handshakes that came to nothing, whatever the reason."""
        assert isinstance(self.gateway.meter, CountingMeter)
        return self.gateway.meter.counted["tls_handshakes_failed_total"]

    def broken_records(self) -> int:
        assert isinstance(self.gateway.meter, CountingMeter)
        return self.gateway.meter.counted["tls_broken_records_total"]

    def pass_time(self, seconds: float) -> None:
        advance(self.gateway, self.clock, seconds)
