"""All certificates of the server: chosen by server name, read again when their files change."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from parlor.gateway.state.wheel import NOT_SCHEDULED
from parlor.gateway.tls.certificate import (
    Certificate,
    CertificateError,
    load_certificate,
    new_context,
)
from parlor.gateway.tls.settings import CertificateFiles, TlsSettings
from parlor.ports.clock import Clock

log = structlog.get_logger()

Stamp = tuple[tuple[int, int, int], ...]
Own = Callable[[], CertificateFiles]


class Certificates:
    """`context` serves every handshake for the life of the process; what is behind it changes.

    `own` gives the self-signed pair, made when it is not there, or raises CertificateError; asked
    when `self_signed` is set. Put on the timer wheel it looks at the files by itself. Raises
    CertificateError when made.
    """

    def __init__(self, settings: TlsSettings, clock: Clock, own: Own) -> None:
        self.timer_tick = NOT_SCHEDULED
        self.context = new_context(settings)
        self.context.sni_callback = self._choose
        self._settings = settings
        self._clock = clock
        self._own = own
        self._files: tuple[CertificateFiles, ...] = ()
        self._stamp: Stamp = ()
        self._in_force: tuple[Certificate, ...] = ()
        self._by_name: dict[str, Certificate] = {}
        self._load(settings)

    def expiries(self) -> dict[str, float]:
        """Seconds until each certificate expires, by its first name; negative afterwards."""
        now = self._clock.unix_ms() / 1000
        return {_title(each): each.expires_at - now for each in reversed(self._in_force)}

    def find(self, name: str | None) -> Certificate:
        """The certificate for a server name as the client wrote it; the first one for any other."""
        if name:
            name = name.lower().rstrip(".")
            found = self._by_name.get(name)
            if found is None:
                _, _, parent = name.partition(".")
                found = self._by_name.get(f"*.{parent}")
            if found is not None:
                return found
        return self._in_force[0]

    def reload(self, settings: TlsSettings) -> None:
        """Read all files again for the handshakes to come. What cannot be loaded changes nothing
        and is logged; nothing is raised."""
        try:
            self._load(settings)
        except CertificateError as refused:
            log.error("tls_certificates_kept", reason=str(refused))
        else:
            log.info("tls_certificates_loaded", names=[_title(each) for each in self._in_force])

    def on_time(self, now: float) -> float:
        """Reload what has changed on disk. A file that stays broken is complained of once."""
        if _stamp(self._files) != self._stamp:
            self.reload(self._settings)
        return now + self._settings.check_files_s

    def _load(self, settings: TlsSettings) -> None:
        files = settings.pairs()
        if settings.self_signed:
            files = (self._own(), *files)
        if not files:
            raise CertificateError("tls.certificates is empty, but TLS is on until a restart")
        # Before reading, so that a file that changes meanwhile is read once more; and kept when
        # the files are refused, so that they are tried again as soon as they change.
        self._settings, self._files, self._stamp = settings, files, _stamp(files)
        loaded = tuple(load_certificate(each, settings) for each in files)
        unix_s = self._clock.unix_ms() / 1000
        for each in loaded:
            if fault := each.fault(unix_s):
                log.warning("tls_certificate_fault", name=_title(each), fault=fault)
        self._in_force = loaded
        # Of two certificates for one name the first is in force.
        self._by_name = {name: each for each in reversed(loaded) for name in each.names}

    def _choose(
        self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
    ) -> None:
        """Called by OpenSSL within the handshake, with None for a client that names nobody."""
        connection.context = self.find(name).context


def _title(certificate: Certificate) -> str:
    return certificate.names[0] if certificate.names else "unnamed"


def _stamp(files: Sequence[CertificateFiles]) -> Stamp:
    """What changes when a file does; a file that is missing has a stamp of its own."""
    stamps = []
    for path in (path for each in files for path in (each.certificate, each.key)):
        try:
            found = Path(path).stat()
        except OSError:
            stamps.append((0, 0, 0))
        else:
            stamps.append((found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(stamps)
