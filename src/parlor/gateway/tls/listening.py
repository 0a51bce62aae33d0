"""How a listener takes TLS: a factory of protocols in, a factory of protocols out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from parlor.gateway.gateway import Gateway
from parlor.gateway.proxied import MakeProtocol
from parlor.gateway.tls.certificates import Certificates
from parlor.gateway.tls.handshake import Failure, Handshake
from parlor.gateway.tls.settings import Mode, TlsSettings

_REQUEST = re.compile(
    rb"(?:GET|HEAD) (/[!-~]*) HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?host:[ \t]*([a-z0-9.:\[\]-]+)\r\n",
    re.IGNORECASE,
)


class Tls:
    """What all TLS listeners of a process share: certificates, limits, handshakes under way."""

    def __init__(self, certificates: Certificates, settings: TlsSettings, gateway: Gateway) -> None:
        self.gateway = gateway
        self.certificates = certificates
        self.context = certificates.context
        self.timeout_s = settings.handshake_timeout_s
        self.handshakes: set[Handshake] = set()
        self._settings = settings
        wheel = gateway.wheel
        wheel.schedule(certificates, wheel.now + settings.check_files_s)

    def secured(
        self,
        make: MakeProtocol,
        mode: Mode,
        *,
        answer_plain: Callable[[bytes], bytes] = lambda _: b"",
    ) -> MakeProtocol:
        """A factory for `create_server`, or for uvicorn as its HTTP protocol class.

        What it is called with goes on to `make`; an `address` is the client's. `answer_plain` gets
        the first bytes of a plain connection to a listener that is `on`, and gives what it is told
        before it is closed.
        """
        if mode == "off":
            return make
        answer = answer_plain if mode == "on" else None

        def accept(**given: Any) -> asyncio.Protocol:
            return Handshake(self, lambda: make(**given), answer, given.get("address", ""))

        return accept

    def close(self) -> None:
        """Cut off every handshake that is under way."""
        for handshake in tuple(self.handshakes):
            handshake.cut()

    def begin(self, handshake: Handshake) -> bool:
        if len(self.handshakes) >= self._settings.max_handshakes:
            self._count(Failure.TOO_MANY)
            return False
        self.handshakes.add(handshake)
        return True

    def end(self, handshake: Handshake, failure: Failure | None) -> None:
        if handshake not in self.handshakes:
            return
        self.handshakes.discard(handshake)
        if failure is not None:
            self._count(failure)

    def broken(self) -> None:
        self.gateway.meter.count("tls_broken_records_total")

    def _count(self, failure: Failure) -> None:
        self.gateway.meter.count("tls_handshakes_failed_total", reason=failure.value)


def redirect_to_tls(first: bytes) -> bytes:
    """For `answer_plain` of the web port: where a page that was asked for without TLS is.

    Temporary, so that no browser remembers it when TLS is taken away again. Only what is a whole
    `GET` or `HEAD` within `first` is redirected: a body must not be sent twice in the clear.
    """
    asked = _REQUEST.match(first)
    if asked is None:
        return _answer(b"400 Bad Request", b"", b"This port speaks TLS: use https.\n")
    target, host = asked[1], asked[2]
    location = b"location: https://" + host + target + b"\r\n"
    return _answer(b"307 Temporary Redirect", location, b"")


def _answer(status: bytes, headers: bytes, body: bytes) -> bytes:
    length = str(len(body)).encode()
    return (
        b"HTTP/1.1 " + status + b"\r\n" + headers + b"content-type: text/plain\r\n"
        b"content-length: " + length + b"\r\nconnection: close\r\n\r\n" + body
    )
