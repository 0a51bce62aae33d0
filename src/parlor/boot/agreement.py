"""Settings of different sections that have to fit each other, and files that they name.

Each section checks itself; what only shows when two are seen together is checked here.
"""

from __future__ import annotations

from parlor.accounts.auth_settings import AuthSettings
from parlor.api.settings import HttpSettings
from parlor.boot.config import Config, ConfigError
from parlor.drivers.jwt.settings import JwtSettings
from parlor.model.address import is_loopback


def check_agreement(config: Config) -> None:
    """Raises ConfigError. Cheap: part of every start."""
    host = config.section("http", HttpSettings).host
    # Another name may come to mean another address.
    if config.section("auth", AuthSettings).open and host != "localhost" and not is_loopback(host):
        raise ConfigError(
            f"auth.open lets anybody in, so http.host must be a loopback address, not {host}"
        )


def check_files(config: Config) -> None:
    """Raises ConfigError for a file that the settings name and that cannot be used."""
    settings = config.section("auth.jwt", JwtSettings)
    if not settings.is_on:
        return
    from parlor.drivers.jwt.keys import static_keys

    try:
        static_keys(settings)
    except ValueError as wrong:
        raise ConfigError(str(wrong)) from wrong
