"""Every section of the settings by name: what a file, the environment and flags may say."""

from __future__ import annotations

import msgspec

from parlor.accounts.key_settings import KeySettings
from parlor.accounts.settings import AccountsSettings
from parlor.api.settings import HttpSettings
from parlor.boot.settings import LimitsSettings, ServerSettings
from parlor.boot.telemetry import LogSettings
from parlor.calls.settings import CallsSettings
from parlor.doors.goim.settings import GoimSettings
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.gateway.settings import GatewaySettings
from parlor.im.settings import ImSettings
from parlor.push.hooks.settings import WebhookSettings
from parlor.push.settings import PushSettings

SECTIONS: dict[str, type[msgspec.Struct]] = {
    "server": ServerSettings,
    "http": HttpSettings,
    "limits": LimitsSettings,
    "log": LogSettings,
    "accounts": AccountsSettings,
    "keys": KeySettings,
    "im": ImSettings,
    "push": PushSettings,
    "webhooks": WebhookSettings,
    "calls": CallsSettings,
    "gateway": GatewaySettings,
    "sqlite": SqliteSettings,
    "doors.goim": GoimSettings,
}
SECRET = frozenset({("calls", "turn_secret"), ("webhooks", "secret")})
"""Never shown by `parlor config print`."""
