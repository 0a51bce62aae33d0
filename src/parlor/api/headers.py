"""What every reply tells the browser it may do, and who may ask from another page.

The policy allows nothing from another host. Styles may be inline (component libraries set them),
scripts may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parlor.model.origins import Origins

RawHeaders = list[tuple[bytes, bytes]]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; "
    "script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "frame-ancestors 'none'; "
    "base-uri 'self'; "
    "form-action 'self'; "
    "object-src 'none'"
)

SECURITY_HEADERS: RawHeaders = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # A set-up link is a secret in the address; it goes to nobody.
    (b"referrer-policy", b"no-referrer"),
    (
        b"permissions-policy",
        b"camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
]


def strict_transport(seconds: int) -> RawHeaders:
    """For replies over TLS alone (RFC 6797 §7.2); nothing for 0 seconds."""
    return [(b"strict-transport-security", b"max-age=%d" % seconds)] if seconds else []


_METHODS = b"GET, POST, PUT, PATCH, DELETE"
_EXPOSED = (b"access-control-expose-headers", b"retry-after")
_VARY = (b"vary", b"origin")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """The first header called `name` (lower case), "" when there is none."""
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


class Pages:
    """Which pages may use the API (`model.origins`), and the headers that tell browsers so."""

    def __init__(self, allowed: Sequence[str], public_url: str) -> None:
        self._listed = Origins(allowed)
        self._names_some = bool(allowed)
        self._origins = Origins([*allowed, public_url])

    def allows(self, method: str, origin: str, host: str) -> bool:
        """Whether a request that a page of `origin` makes to `host` may do something.

        No origin is a program. Reading is free: without leave in the reply's headers a browser
        does not show the page what was read.
        """
        return method in _SAFE or self._origins.is_allowed(origin or None, host)

    def leave(self, origin: str) -> RawHeaders:
        """Headers that let a page of another host read the reply (Fetch §3.2)."""
        if not self._names_some:
            return []
        if self._listed.has_any:
            return [(b"access-control-allow-origin", b"*"), _EXPOSED]
        if not origin or not self._listed.is_listed(origin):
            return [_VARY]
        return [(b"access-control-allow-origin", origin.encode("latin-1")), _EXPOSED, _VARY]

    def preflight(self, origin: str) -> RawHeaders:
        """What to add to `leave` for a browser that asks first; empty when refused."""
        if not origin or not self._listed.is_listed(origin):
            return []
        return [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", b"authorization, content-type, last-event-id"),
            (b"access-control-max-age", b"600"),
        ]
