"""The goim front door as boot runs it: its ports opened, drained and closed together."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from parlor.doors.goim.batches import RoomBatches
from parlor.doors.goim.codec import GoimTcpCodec, GoimWebSocketCodec
from parlor.doors.goim.connection import Listener
from parlor.doors.goim.dialogue import Dialogue
from parlor.doors.goim.http import GoimHttp, KeyCheck
from parlor.doors.goim.http_server import MAX_CONNECTIONS, HttpServer
from parlor.doors.goim.login_check import LoginCheck, TokenCheck
from parlor.doors.goim.long_poll import LongPolls
from parlor.doors.goim.nodes import Nodes
from parlor.doors.goim.relay import Relay
from parlor.doors.goim.routes import Publisher, Routes
from parlor.doors.goim.settings import GoimSettings
from parlor.doors.goim.tcp import GoimTcp
from parlor.doors.goim.websocket import GoimWebSocket
from parlor.gateway.gateway import Gateway
from parlor.gateway.listening import ListenSettings, open_listener, tune
from parlor.gateway.proxied import MakeProtocol, proxied
from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.tls.listening import Tls
from parlor.model.close import Close, CloseCode
from parlor.model.origins import Origins
from parlor.model.push import Delivery
from parlor.ports.presence import Presence

LAST_PUSHES_S = 0.1
Inherited = Callable[[str, str, int], socket.socket | None]
"""Given a listener's name, host and port as the settings have them: its socket, if there is one."""
log = structlog.get_logger()


class GoimDoor:
    """Made once inside the loop that serves it; `open` before and `close` after everything.

    It shares the gateway's hub, wheel and limits: pushes reach its connections only while
    `gateway.deliver` runs, deadlines only while `Gateway.keep_time` does.
    """

    def __init__(
        self,
        settings: GoimSettings,
        gateway: Gateway,
        route: Publisher,
        presence: Presence,
        tokens: TokenCheck,
        keys: KeyCheck,
        listen: ListenSettings | None = None,
        tls: Tls | None = None,
    ) -> None:
        delivery = Delivery.MUST_ARRIVE if settings.slow_reader == "close" else Delivery.LOSSY
        self._settings = settings
        self._listen = listen or ListenSettings()
        self._gateway = gateway
        self._secure = tls
        self._nodes = Nodes(settings)
        self._batches = RoomBatches(route, gateway.clock, settings.batch, settings.signal_s)
        self._relay = (
            Relay(
                self._batches,
                gateway.clock,
                gateway.entropy,
                delivery=delivery,
                per_s=settings.relay_per_s,
                hooks=lambda: gateway.hooks,
            )
            if settings.relay == "room"
            else None
        )
        self._origins = Origins(settings.origins) if settings.origins else None
        self._logins = LoginCheck(settings.auth, tokens, gateway.entropy)
        self._tcp = self._listener(GoimTcpCodec(), presence, raw_is_answered=False)
        self._websocket = self._listener(GoimWebSocketCodec(), presence, raw_is_answered=True)
        routes = Routes(route, self._batches, presence, self._nodes, gateway.entropy, delivery)
        self._http = HttpServer(
            GoimHttp(
                routes.table(),
                keys if settings.auth == "token" else None,
                gateway.clock,
                gateway.meter,
                max_body_bytes=settings.max_push_bytes,
                body_timeout_s=settings.body_timeout_s,
                origins=self._origins,
            ),
            gateway,
            head_timeout_s=settings.head_timeout_s,
        )
        self._polls = LongPolls(gateway, self._logins, poll_s=settings.long_poll_s)
        self._polls_http = HttpServer(
            self._polls,
            gateway,
            head_timeout_s=settings.head_timeout_s,
            # The gateway's own limit comes first, and answers better.
            max_connections=gateway.settings.max_connections + MAX_CONNECTIONS,
        )
        self._servers: list[asyncio.Server] = []
        self.addresses: dict[str, tuple[str, int]] = {}
        """What is really bound, by `tcp`, `ws`, `wss`, `http` and `long_poll`; empty until then."""
        self._bound: dict[str, socket.socket] = {}
        self.sockets: dict[tuple[str, str, int], socket.socket] = {}
        """What listens, by name, host and port as the settings have them."""

    @property
    def waiting_rooms(self) -> int:
        """Rooms whose pushes wait for others to join them."""
        return self._batches.waiting_rooms

    @property
    def connections(self) -> int:
        """Over TCP and WebSocket, logged in or not, and polls that hang."""
        listeners = (self._tcp, self._websocket)
        return sum(len(each.connections) for each in listeners) + len(self._polls.open)

    def bind(self, inherited: Inherited | None = None) -> None:
        """Listen at all ports without accepting: who connects waits in the kernel's queue.

        `inherited` knows sockets that listen already. Raises OSError that names host, port and
        setting; nothing stays bound then.
        """
        settings = self._settings
        ports = {"tcp": settings.tcp_port, "ws": settings.ws_port, "http": settings.http_port}
        if settings.wss_port and self._secure is not None:
            ports["wss"] = settings.wss_port
        if settings.long_poll_port is not None:
            ports["long_poll"] = settings.long_poll_port
        try:
            for name, port in ports.items():
                self._bind(name, port, inherited)
        except OSError:
            self._let_go()
            raise

    async def open(self) -> None:
        """Accept at all ports, which are bound now if `bind` has not done it. Raises OSError as
        `bind` does."""
        if not self.sockets:
            self.bind()
        settings = self._settings
        makes: dict[str, MakeProtocol] = {
            "tcp": partial(GoimTcp, self._tcp),
            "ws": partial(GoimWebSocket, self._websocket),
            "wss": partial(GoimWebSocket, self._websocket),
            "http": self._http.make_protocol,
            "long_poll": self._polls_http.make_protocol,
        }
        loop, backlog = asyncio.get_running_loop(), self._listen.backlog
        for name, listener in self._bound.items():
            make = makes[name]
            if self._secure is not None:
                make = self._secure.secured(make, "on" if name == "wss" else settings.tls)
            accept = proxied(make, self._gateway, settings.proxy_protocol)
            self._servers.append(await loop.create_server(accept, sock=listener, backlog=backlog))
        self._nodes.tcp_port = self.addresses["tcp"][1]
        self._nodes.ws_port = self.addresses["ws"][1]
        log.info("goim_door_open", auth=settings.auth, **_shown(self.addresses))

    async def drain(self) -> None:
        """Accept nothing more, finish HTTP requests, send what waits for others to join it.

        Whoever said hello is then closed by `gateway.drain`, the others by `close`.
        """
        for server in self._servers:
            server.close()
        await self._http.drain()
        await self._batches.flush_all()
        # What was just published is on its way over the bus; a close writes what is in the
        # outboxes by then.
        await asyncio.sleep(LAST_PUSHES_S)

    async def close(self) -> None:
        """Let go of everything at once. Harmless twice, and without `drain` or `open`."""
        self._let_go()
        await self._http.close()
        await self._polls_http.close()
        tasks = [*self._tcp.tasks, *self._websocket.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for link in self._links():
            link.close(Close(CloseCode.GOING_AWAY))

    def _links(self) -> Sequence[Link]:
        connections = (*self._tcp.connections, *self._websocket.connections)
        return [
            *(connection.link for connection in connections),
            *(poll.link for poll in self._polls.open),
        ]

    def _listener(self, codec: LinkCodec, presence: Presence, *, raw_is_answered: bool) -> Listener:
        dialogue = Dialogue(
            self._gateway.hub,
            presence,
            max_ops=self._settings.max_ops,
            max_room_bytes=self._gateway.settings.max_room_bytes,
            raw_is_answered=raw_is_answered,
        )
        return Listener(
            self._settings,
            self._gateway,
            codec,
            self._logins,
            dialogue,
            self._relay,
            self._origins,
        )

    def _bind(self, name: str, port: int, inherited: Inherited | None) -> None:
        host = self._settings.host
        listener = inherited(f"goim.{name}", host, port) if inherited else None
        try:
            if listener is None:
                listener = open_listener(host, port, self._listen)
            else:
                tune(listener, self._listen)
        except OSError as refused:
            raise OSError(
                refused.errno,
                f"doors.goim.{name}_port: {host}:{port}: {refused.strerror or refused}",
            ) from refused
        self._bound[name] = self.sockets[f"goim.{name}", host, port] = listener
        bound = listener.getsockname()
        self.addresses[name] = (bound[0], bound[1])

    def _let_go(self) -> None:
        """Of the ports; connections stay."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        for listener in self._bound.values():
            listener.close()


def _shown(addresses: dict[str, tuple[str, int]]) -> dict[str, str]:
    return {name: f"{host}:{port}" for name, (host, port) in addresses.items()}
