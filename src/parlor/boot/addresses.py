"""Where people reach this server, as it is told to them."""

from __future__ import annotations

from parlor.api.settings import HttpSettings
from parlor.boot.config import Config
from parlor.gateway.tls.settings import TlsSettings

_REACHED_AS_LOCALHOST = frozenset({"127.0.0.1", "0.0.0.0", "::", "::1"})  # noqa: S104


def public_url(config: Config, port: int | None = None) -> str:
    """Where people reach this server: as told, otherwise as bound to `port`."""
    http, tls = config.section("http", HttpSettings), config.section("tls", TlsSettings)
    if http.public_url:
        return http.public_url.rstrip("/")
    scheme = "https" if tls.is_on and tls.web != "off" else "http"
    host = "localhost" if http.host in _REACHED_AS_LOCALHOST else http.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or http.port}"


def set_up_url(config: Config, token: str, port: int | None = None) -> str:
    return f"{public_url(config, port)}/setup/{token}"
