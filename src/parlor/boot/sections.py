"""Every section of the settings by name: what a file, the environment and flags may say."""

from __future__ import annotations

import msgspec

from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.key_settings import KeySettings
from parlor.accounts.settings import AccountsSettings
from parlor.api.debug import DebugSettings
from parlor.api.settings import HttpSettings
from parlor.boot.settings import LimitsSettings, ServerSettings
from parlor.boot.telemetry import LogSettings
from parlor.calls.settings import CallsSettings
from parlor.doors.goim.settings import GoimSettings
from parlor.drivers.blobs.settings import BlobSettings
from parlor.drivers.callback.settings import CallbackSettings
from parlor.drivers.jwt.settings import JwtSettings
from parlor.drivers.sql.settings import StorageSettings
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.gateway.listening import ListenSettings
from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.tls.settings import TlsSettings
from parlor.im.files.settings import FileSettings
from parlor.im.message_settings import MessageSettings
from parlor.im.people_settings import PeopleSettings
from parlor.im.receipt_settings import ReceiptSettings
from parlor.im.search_settings import SearchSettings
from parlor.im.settings import ImSettings
from parlor.push.hooks.settings import WebhookSettings
from parlor.push.settings import (
    DurableSettings,
    MailboxSettings,
    PushSettings,
    TraceSettings,
)

SECTIONS: dict[str, type[msgspec.Struct]] = {
    "server": ServerSettings,
    "http": HttpSettings,
    "tls": TlsSettings,
    "limits": LimitsSettings,
    "log": LogSettings,
    "accounts": AccountsSettings,
    "auth": AuthSettings,
    "auth.jwt": JwtSettings,
    "auth.callback": CallbackSettings,
    "im": ImSettings,
    "receipts": ReceiptSettings,
    "messages": MessageSettings,
    "search": SearchSettings,
    "people": PeopleSettings,
    "files": FileSettings,
    "blobs": BlobSettings,
    "push": PushSettings,
    "mailbox": MailboxSettings,
    "durable": DurableSettings,
    "trace": TraceSettings,
    "debug": DebugSettings,
    "keys": KeySettings,
    "webhooks": WebhookSettings,
    "calls": CallsSettings,
    "gateway": GatewaySettings,
    "listen": ListenSettings,
    "longpoll": LongpollSettings,
    "storage": StorageSettings,
    "sqlite": SqliteSettings,
    "doors.goim": GoimSettings,
}
SECRET = frozenset(
    {
        ("storage", "url"),
        ("blobs", "secret_access_key"),
        ("calls", "turn_secret"),
        ("auth.jwt", "secret"),
        ("auth.callback", "secret"),
        ("webhooks", "secret"),
    }
)
"""Never shown by `parlor config print`."""
