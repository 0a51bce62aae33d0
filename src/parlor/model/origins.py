"""Which web pages may open a connection in their visitor's name (RFC 6455 §10.2)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit


class Origins:
    """Pages of the server's own host, and those listed as `https://host[:port]`."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(_normal(origin) for origin in allowed if origin)

    def is_allowed(self, origin: str | None, host: str | None) -> bool:
        """`origin` and `host` as in the request's headers.

        No origin: a program, not a page; browsers always send one. An opaque origin is `null`
        and never the server's own.
        """
        if origin is None:
            return True
        if _normal(origin) in self._allowed:
            return True
        return bool(host) and _authority(origin) == (host or "").lower()


def _normal(origin: str) -> str:
    return origin.strip().rstrip("/").lower()


def _authority(origin: str) -> str | None:
    try:
        return urlsplit(_normal(origin)).netloc or None
    except ValueError:
        return None
