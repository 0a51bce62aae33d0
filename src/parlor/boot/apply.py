"""The settings in force handed to the objects that hold them, after SIGHUP (`boot.reload`).

Each object takes its own settings in one step without an await, so no request sees half of a
change. Which keys may differ here from those at the start is `reload.AT_ONCE`.
"""

from __future__ import annotations

from parlor.accounts.key_settings import KeySettings
from parlor.api.settings import HttpSettings
from parlor.boot.accounts import AccountServices
from parlor.boot.config import Config
from parlor.boot.server import Server
from parlor.boot.web import Web
from parlor.gateway.listening import ListenSettings
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.tls.settings import TlsSettings
from parlor.push.settings import PushSettings, TraceSettings


def apply(config: Config, base: AccountServices, server: Server, web: Web) -> None:
    """Everything at once but the log level, which is set already.

    What did not change is set to what it was; certificates are read again in any case.
    """
    listen = config.section("listen", ListenSettings)
    server.gateway.apply(config.section("gateway", GatewaySettings), listen.trusted())
    server.gateway.watching.apply(config.section("trace", TraceSettings))
    server.gauges.apply(config)
    web.apply(config.section("http", HttpSettings))
    base.keys.apply(config.section("keys", KeySettings))
    push = config.section("push", PushSettings)
    server.policies.apply(push.rooms)
    server.rooms.apply(push)
    server.remembered.pushes.apply(push)
    server.remembered.publishing.apply(push)
    server.remembered.history.apply(push.history_bytes)
    server.backlog.apply(push.max_backlog, push.backlog_patience_s)
    if server.tls is not None:
        server.tls.certificates.reload(config.section("tls", TlsSettings))
