"""What the operator may set under `[doors.goim]`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from parlor.gateway.listening import Mode
from parlor.gateway.tls.settings import Mode as TlsMode
from parlor.model.address import is_loopback
from parlor.model.origins import can_be_listed

_Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
_Seconds = Annotated[float, msgspec.Meta(gt=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class GoimSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goim front door. Times in seconds, sizes in bytes; port 0 takes any free one."""

    host: str = "127.0.0.1"
    tcp_port: _Port = 3101
    ws_port: _Port = 3102
    http_port: _Port = 3111
    proxy_protocol: Mode = "off"
    """`optional`, `required`: a PROXY header of one of `listen.trusted_proxies` is read on
    every port of this door."""
    long_poll_port: _Port | None = None
    """goim v1's `/sub` (8070 there); None: not offered."""
    long_poll_s: _Seconds = 50.0
    """A poll without a push is answered with nothing after so long; proxies wait 60 s."""
    auth: Literal["token", "open"] = "token"
    """`token`: a login proves who it is. `open`: any JSON is a login, HTTP needs no key, and
    `host` must be a loopback address."""

    batch: _Count = 20
    """Room pushes leave together when so many wait; 1: each leaves at once."""
    signal_s: _Seconds = 1.0
    """A room push waits so long for others to join it."""
    relay: Literal["off", "room"] = "off"
    """`room`: the body of a client's operation 4 is pushed to its room as operation 5."""
    relay_per_s: _Seconds = 20.0
    """Relayed messages a client may send on average; a faster one is slowed down."""
    slow_reader: Literal["close", "drop"] = "close"
    """What happens to a reader whose outbox is full: closed, so that it knows, or the oldest
    pushes to it are dropped and counted."""

    origins: tuple[str, ...] = ()
    """Web pages that may open `/sub` and use the HTTP API, as in `http.allowed_origins`; pages of
    other hosts are then closed and refused. Empty: every page may, as with goim, and HTTP answers
    carry no header that lets a page of another host read them."""

    handshake_timeout_s: _Seconds = 5.0
    """From accept to the login's reply."""
    heartbeat_s: _Seconds = 240.0
    heartbeat_max: _Count = 2
    """Closed after `heartbeat_s` times this without operation 2; nothing else counts."""
    max_body_bytes: Annotated[int, msgspec.Meta(ge=64, le=1 << 20)] = 4096
    """Of a client's frame. Pushes to clients are limited by `max_push_bytes` only."""
    max_ops: _Count = 1024
    """Operations one connection may subscribe to."""
    max_push_bytes: _Count = 1 << 22
    """Body of an HTTP push."""
    head_timeout_s: _Seconds = 10.0
    """For the head of an HTTP request to arrive."""
    body_timeout_s: _Seconds = 30.0
    """For the whole body of an HTTP push to arrive."""

    domain: str = ""
    """Host name that `/goim/nodes/weighted` tells to web clients; empty: `host`."""
    nodes: tuple[str, ...] = ()
    """Addresses that it tells to the others; empty: `host`."""
    wss_port: _Port = 0
    """A second WebSocket port, TLS only; goim's was 3103, 0 is none. Without certificates it is
    only advertised, for a proxy that adds TLS."""
    tls: TlsMode = "both"
    """Of all its other ports, when there are certificates (section `tls`)."""

    def __post_init__(self) -> None:
        for origin in self.origins:
            if not can_be_listed(origin):
                raise ValueError(f"origins: {origin!r} is not like https://app.example.org")
        # Another name may come to mean another address.
        if self.auth == "open" and self.host != "localhost" and not is_loopback(self.host):
            raise ValueError(
                f"auth = open lets anybody in, so host must be a loopback address, not {self.host}"
            )

    @property
    def idle_limit_s(self) -> float:
        return self.heartbeat_s * self.heartbeat_max
