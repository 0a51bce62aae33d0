"""The web port: REST, pages, WebSocket and native TCP behind one listening socket, by uvicorn.

Building it finds everything that could be wrong with it, so that a successor fails before it has
said that it is ready. `boot.processes` serves it and closes it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import cast

import uvicorn
from litestar.types import ASGIApp

from parlor.api.app import build_app
from parlor.api.settings import HttpSettings
from parlor.boot.config import Config
from parlor.boot.server import Server
from parlor.boot.settings import LimitsSettings
from parlor.gateway.listening import ListenSettings
from parlor.gateway.mux import build_mux
from parlor.gateway.proxied import MakeProtocol, proxied
from parlor.gateway.tls.listening import redirect_to_tls
from parlor.gateway.tls.settings import TlsSettings
from parlor.model.origins import Origins

KEEP_ALIVE_S = 75


class _Uvicorn(uvicorn.Server):
    """Signals are the process's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Web:
    """`server` is to be served; whoever made it starts and stops it."""

    def __init__(self, config: Config, server: Server) -> None:
        http = config.section("http", HttpSettings)
        listen = config.section("listen", ListenSettings)
        self._app = build_app(
            server.api,
            http,
            limit_loopback=config.section("limits", LimitsSettings).loopback,
            # An ASGI application that names no types of Litestar's.
            links=cast("ASGIApp | None", server.links),
        )
        self._origins = Origins([*http.allowed_origins, http.public_url])
        accept: MakeProtocol = build_mux(server.native, self._origins)
        if server.tls is not None:
            mode = config.section("tls", TlsSettings).web
            accept = server.tls.secured(accept, mode, answer_plain=redirect_to_tls)
        # A proxy's header comes before the first byte of TLS.
        accept = proxied(accept, server.gateway, listen.proxy_protocol)
        self.server = _Uvicorn(
            uvicorn.Config(
                self._app,
                # A factory serves where uvicorn asks for a class.
                http=accept,  # type: ignore[arg-type]
                ws="none",
                lifespan="off",
                loop="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=listen.backlog,
                timeout_keep_alive=KEEP_ALIVE_S,
                # Whoever still reads an answer when the drain is over is cut off.
                timeout_graceful_shutdown=1,
            )
        )

    def apply(self, settings: HttpSettings) -> None:
        """From the next request or handshake on: origins, rates and limits of bodies."""
        self._origins.replace([*settings.allowed_origins, settings.public_url])
        self._app.in_force.apply(settings)
