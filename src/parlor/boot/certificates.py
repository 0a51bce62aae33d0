"""The certificates of this server, loaded and measured."""

from __future__ import annotations

from pathlib import Path

from parlor.boot.config import Config
from parlor.boot.self_signed import ensure_self_signed
from parlor.boot.settings import ServerSettings
from parlor.drivers.prometheus import PrometheusMeter
from parlor.gateway.gateway import Gateway
from parlor.gateway.tls.certificates import Certificates
from parlor.gateway.tls.listening import Tls
from parlor.gateway.tls.settings import TlsSettings


def open_tls(config: Config, gateway: Gateway, meter: PrometheusMeter) -> Tls | None:
    """Load the certificates; None without any. Raises CertificateError."""
    settings = config.section("tls", TlsSettings)
    if not settings.is_on:
        return None
    folder = Path(config.section("server", ServerSettings).data)
    certificates = Certificates(settings, gateway.clock, lambda: ensure_self_signed(folder))
    tls = Tls(certificates, settings, gateway)
    meter.gauge("tls_handshakes", lambda: len(tls.handshakes), "TLS handshakes under way.")
    meter.gauge("tls_handshakes_limit", lambda: settings.max_handshakes, "TLS handshakes allowed.")
    meter.gauges(
        "tls_certificate_expires_seconds",
        "name",
        certificates.expiries,
        "Seconds until the certificate expires; negative afterwards.",
    )
    return tls
