"""Which web pages may open a connection in their visitor's name (RFC 6455 §10.2)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

ANY = "*"
_WILD = "*."


class Origins:
    """Pages of the server's own host, and those listed.

    A listed origin is `https://host[:port]`, `https://*.host[:port]` for every host below it at
    any depth (not itself), or `*` for every page.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self.replace(allowed)

    def replace(self, allowed: Iterable[str]) -> None:
        """Other origins from now on; pages that are connected stay."""
        listed = {_normal(origin) for origin in allowed if origin}
        self.has_any = ANY in listed
        self._exact = frozenset(origin for origin in listed if _WILD not in origin)
        self._below = tuple(
            (f"{scheme}://", f".{host}")
            for scheme, _, host in (
                origin.partition(f"://{_WILD}") for origin in listed if f"://{_WILD}" in origin
            )
        )

    def is_listed(self, origin: str) -> bool:
        """Whether pages of `origin`, as in the request's header, were named by the operator."""
        if self.has_any:
            return True
        page = _normal(origin)
        return page in self._exact or any(
            page.startswith(scheme) and page.endswith(host) and len(page) > len(scheme + host)
            for scheme, host in self._below
        )

    def is_allowed(self, origin: str | None, host: str | None) -> bool:
        """`origin` and `host` as in the request's headers.

        No origin: a program, not a page; browsers always send one. An opaque origin is `null`
        and never the server's own.
        """
        if origin is None:
            return True
        if self.is_listed(origin):
            return True
        return bool(host) and _authority(origin) == (host or "").lower()


def can_be_listed(origin: str) -> bool:
    """Whether `origin` has one of the three forms that `Origins` knows."""
    if origin == ANY:
        return True
    try:
        parts = urlsplit(origin)
        host = (parts.hostname or "").removeprefix(_WILD)
        return (
            parts.scheme in ("http", "https")
            and bool(host)
            and "*" not in host
            and f"{parts.scheme}://{parts.netloc}" == origin
            and "@" not in parts.netloc
            and parts.port != 0
        )
    except ValueError:
        return False


def _normal(origin: str) -> str:
    return origin.strip().rstrip("/").lower()


def _authority(origin: str) -> str | None:
    try:
        return urlsplit(_normal(origin)).netloc or None
    except ValueError:
        return None
