"""Where a server is, and from where its load comes."""

from __future__ import annotations

import socket
import ssl
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from parlor.model.address import is_loopback

Protocol = Literal["native", "goim"]
Transport = Literal["websocket", "tcp"]

PER_SOURCE = 5_000
"""Connections from one source address, which has some 28,000 ports to choose from."""
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_GOIM_PORTS = {"tcp": 3101, "websocket": 3102}
_SECURE = frozenset({"https", "wss", "tcps"})
_SCHEMES = frozenset({"http", "ws", "tcp"}) | _SECURE


class Target(msgspec.Struct, frozen=True):
    """`kind` is one of `GREETINGS`. `host` as it was said, `address` what it stands for once
    that is known (`resolved`). `authority` is the file to trust, "" for the system's own and
    `NOBODY` for a certificate that is not looked at."""

    kind: str
    host: str
    port: int
    tls: bool = False
    authority: str = ""
    address: str = ""

    @property
    def at(self) -> str:
        return self.address or self.host

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine, reached through its loopback interface."""
        return is_loopback(self.at)

    def source(self, number: int) -> str:
        """Where connection `number` comes from; "" leaves it to the kernel."""
        if not self.is_here or ":" in self.at:
            return ""
        return f"127.0.0.{2 + number // PER_SOURCE % 250}"


NOBODY = "nobody"


def parse_target(
    url: str, protocol: Protocol = "native", transport: Transport = "websocket", authority: str = ""
) -> Target:
    """What `--url` means for connections. Raises ValueError in one line.

    `tcp://` and `ws://` decide for their transport; with goim and no port it is the door's own.
    """
    scheme, host, port = split_url(url)
    if scheme in ("tcp", "tcps"):
        transport = "tcp"
    elif scheme in ("ws", "wss"):
        transport = "websocket"
    if port is None:
        port = _GOIM_PORTS[transport] if protocol == "goim" else _DEFAULT_PORTS.get(scheme)
    if port is None:
        raise ValueError(f"--url {url}: a port is missing")
    return Target(f"{protocol}_{transport}", host, port, scheme in _SECURE, authority)


def resolved(target: Target) -> Target:
    """With its address, IPv4 where there is one. Raises ValueError in one line."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as unknown:
        raise ValueError(f"--url: {target.host}: {unknown.strerror}") from unknown
    found.sort(key=lambda each: each[0] is not socket.AF_INET)
    return msgspec.structs.replace(target, address=str(found[0][4][0]))


def split_url(url: str) -> tuple[str, str, int | None]:
    """(scheme, host, port). Raises ValueError for what is no address of a server."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as wrong:
        raise ValueError(f"--url {url}: {wrong}") from wrong
    if parts.scheme not in _SCHEMES or not host:
        raise ValueError(f"--url {url}: say it as http://HOST:PORT (https, ws, wss, tcp, tcps)")
    return parts.scheme, host, port


def client_context(authority: str) -> ssl.SSLContext:
    """TLS 1.2 or newer. Nothing is resumed: each connection pays for a handshake of its own."""
    if authority == NOBODY:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    return ssl.create_default_context(cafile=authority or None)
