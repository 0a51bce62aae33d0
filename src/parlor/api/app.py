"""The ASGI application: `boot` builds it from the services and hands it to uvicorn."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ASGIApp

from parlor.api.errors import answer_error
from parlor.api.fast_push import FastPush
from parlor.api.front import Front
from parlor.api.in_force import InForce
from parlor.api.openapi import describe
from parlor.api.request import ApiRequest
from parlor.api.routes import (
    accounts,
    acts,
    audit,
    calls,
    connections,
    contacts,
    conversations,
    devices,
    entrances,
    files,
    groups,
    health,
    inside,
    keys,
    messages,
    online,
    own,
    people,
    pictures,
    presence,
    push,
    receipts,
    scheduled,
    search,
    server,
    states,
)
from parlor.api.services import Services
from parlor.api.settings import HttpSettings
from parlor.api.webapp import WebApp

_REST = (
    accounts,
    people,
    contacts,
    presence,
    pictures,
    files,
    conversations,
    groups,
    entrances,
    messages,
    search,
    receipts,
    devices,
    own,
    acts,
    states,
    scheduled,
    calls,
    push,
    keys,
    online,
    connections,
    inside,
    audit,
    server,
)
WEBAPP_FOLDER = Path(__file__).with_name("webapp")
"""Where the build of the web app puts its files; they are part of the wheel."""


class _Rest(Litestar):
    """Litestar without its support for pydantic and attrs, whose import alone takes 0.2 s.

    Both are on the machine because other libraries need them; no handler uses them.
    """

    __slots__ = ()

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def build_app(
    services: Services,
    settings: HttpSettings,
    *,
    limit_loopback: bool = False,
    webapp: Path = WEBAPP_FOLDER,
    links: ASGIApp | None = None,
) -> Front:
    """REST, its description, health, metrics and the web app as one ASGI application.

    `limit_loopback`: loopback addresses are paced like others. The address in the scope is
    believed, no header is: the gateway knows which proxies to trust, so uvicorn must run with
    `proxy_headers=False`. `links` are the links over HTTP, which have addresses of their own.
    """
    in_force = InForce(settings)
    handlers: list[HTTPRouteHandler] = [handler for kind in _REST for handler in kind.HANDLERS]
    rest = _Rest(
        [Router("/api/v1", route_handlers=handlers), *health.HANDLERS, *inside.DEBUG_HANDLERS],
        request_class=ApiRequest,
        exception_handlers={Exception: answer_error},
        openapi_config=None,
        logging_config=None,
    )

    @cache
    def description() -> bytes:
        url = in_force.settings.public_url.rstrip("/") or "/"
        return describe(rest.routes, version=services.about.version, url=url)

    rest.state.update(
        {
            "services": services,
            "in_force": in_force,
            "description": description,
        }
    )
    gauge, users, addresses = services.metrics.gauge, in_force.user_paces, in_force.address_paces
    gauge("http_paced_users", users.__len__, "Users whose requests are counted.")
    gauge("http_paced_users_limit", lambda: users.limit, "Users that may be.")
    gauge("http_paced_addresses", addresses.__len__, "Addresses whose requests are counted.")
    gauge("http_paced_addresses_limit", lambda: addresses.limit, "Addresses that may be.")
    return Front(
        FastPush(rest, services, in_force),
        WebApp(webapp),
        in_force,
        services.clock,
        services.meter,
        services.in_flight,
        limit_loopback=limit_loopback,
        links=links,
    )
