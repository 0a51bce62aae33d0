"""What an operator may say about HTTP: the section `http`."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from parlor.model.origins import can_be_listed


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`public_url` is how people reach this server from outside, when not as `host:port`.

    `allowed_origins` are web pages of other hosts that may use the API and the WebSocket, each
    as a browser sends it (`https://app.example.org`), all hosts below one
    (`https://*.example.org`) or every page (`*`); the web app's own is always allowed.
    A request body over `max_body_bytes` is refused; one that has not ended `body_timeout_s`
    seconds after its handler began to read is given up. A batch of pushes has at most
    `max_batch_pushes` of them in a body of at most `max_batch_bytes`. Rates count REST requests:
    of one signed-in user, and of one address (IPv6: one /64 network), signed in or not. Bursts are
    wide: a program that imports a thousand messages is no attack. With `hsts_s` above 0, replies
    over TLS forbid browsers to come back without it for so many seconds: only for a certificate
    that every browser trusts, since nobody gets past a warning then.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    allowed_origins: tuple[str, ...] = ()
    max_body_bytes: int = 262_144
    body_timeout_s: float = 15.0
    max_batch_pushes: int = 1_000
    max_batch_bytes: int = 2_097_152
    user_requests_per_second: float = 100.0
    user_request_burst: int = 2_000
    address_requests_per_second: float = 200.0
    address_request_burst: int = 4_000
    hsts_s: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise ValueError(f"port is {self.port}, not 0 to 65535")
        for name in ("max_body_bytes", "body_timeout_s", "max_batch_pushes", "max_batch_bytes"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is not above 0")
        if self.hsts_s < 0:
            raise ValueError(f"hsts_s is {self.hsts_s}, below 0")
        for name in ("user", "address"):
            rate = getattr(self, f"{name}_requests_per_second")
            if rate <= 0 or getattr(self, f"{name}_request_burst") < 1:
                raise ValueError(f"{name} requests: the rate is not above 0 or the burst below 1")
        if self.public_url and not _is_origin(self.public_url.rstrip("/")):
            raise ValueError(f"public_url {self.public_url!r} is not like https://chat.example.org")
        for origin in self.allowed_origins:
            if not can_be_listed(origin):
                raise ValueError(
                    f"allowed_origins: {origin!r} is not like https://app.example.org, "
                    "https://*.example.org or *"
                )


def _is_origin(url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and f"{parts.scheme}://{parts.netloc}" == url
    )
