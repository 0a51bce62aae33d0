"""Listening sockets: bound, tuned once so that every accepted connection inherits it, or why not.

Keepalive and its times are set here and not on each connection: Linux copies them from the
listener at accept, so they cost no system call. Section `listen`; used by boot and front doors.
"""

from __future__ import annotations

import math
import socket
from typing import Annotated, Literal

import msgspec

from parlor.wire.proxy import TrustedProxies

Mode = Literal["off", "optional", "required"]
"""Of the PROXY header: never looked for; read where it is there; nobody comes in without."""
ANY_ADDRESS = "::"


class ListenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For every listener. Times in seconds; the kernel counts them in whole ones.

    `trusted_proxies` are the networks whose word about a client's address is taken, in PROXY
    headers and in `client_field`; `any` takes whichever of the fields is there and refuses a
    request whose fields contradict each other. `proxy_protocol` is the web port's.

    A connection that is idle for `keepalive_idle_s` is asked for a sign of life, each
    `keepalive_interval_s` again; it is closed when `keepalive_count` went unanswered, or nothing
    was acknowledged for `user_timeout_s`, whatever comes first (0: only the count).
    """

    trusted_proxies: tuple[str, ...] = ()
    client_field: Literal["any", "x-forwarded-for", "forwarded", "x-real-ip"] = "any"
    proxy_protocol: Mode = "off"
    backlog: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 4_096
    reuse_port: bool = False
    """Several servers may listen on the same port; the kernel spreads connections over them."""
    keepalive_idle_s: Annotated[float, msgspec.Meta(gt=0, le=32_767)] = 60.0
    keepalive_interval_s: Annotated[float, msgspec.Meta(gt=0, le=32_767)] = 15.0
    keepalive_count: Annotated[int, msgspec.Meta(ge=1, le=127)] = 4
    user_timeout_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 120.0

    def __post_init__(self) -> None:
        self.trusted()
        if self.proxy_protocol != "off" and not self.trusted_proxies:
            raise ValueError("proxy_protocol needs trusted_proxies: nobody else's header is read")

    def trusted(self) -> TrustedProxies:
        """Raises ValueError that names the network which is none."""
        try:
            return TrustedProxies(self.trusted_proxies, self.client_field)
        except ValueError as wrong:
            raise ValueError(f"trusted_proxies: {wrong}") from wrong


def open_listener(host: str, port: int, settings: ListenSettings) -> socket.socket:
    """Bind and listen; the socket is the caller's. Raises OSError.

    `::` takes IPv4 too, whatever the machine's default. Of a name with several addresses the
    first IPv4 one is taken, else the first.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if settings.reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            only_six = host != ANY_ADDRESS
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_six)
        tune(listener, settings)
        listener.bind(address)
        listener.listen(settings.backlog)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def tune(listener: socket.socket, settings: ListenSettings) -> None:
    """Set what connections inherit. Also for a listener that somebody else has bound."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_NODELAY, 1),
        (socket.TCP_KEEPIDLE, math.ceil(settings.keepalive_idle_s)),
        (socket.TCP_KEEPINTVL, math.ceil(settings.keepalive_interval_s)),
        (socket.TCP_KEEPCNT, settings.keepalive_count),
        (socket.TCP_USER_TIMEOUT, math.ceil(settings.user_timeout_s * 1000)),
    ):
        listener.setsockopt(socket.IPPROTO_TCP, option, value)
