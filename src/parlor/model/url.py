"""Addresses of other people's servers, as operators write them."""

from __future__ import annotations

from urllib.parse import urlsplit

from parlor.model.address import is_loopback


def check_url(name: str, url: str, *, plain: bool = False) -> None:
    """Raises ValueError, naming the setting, for what is no address of a web server, and for what
    somebody on the way could read or change: https is needed, but not to a loopback address.

    `plain`: http will do to any host, as within the operator's own network.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as wrong:
        raise ValueError(f"{name} {url!r} is no URL") from wrong
    if not host or parts.fragment or parts.scheme not in ("http", "https"):
        raise ValueError(f"{name} {url!r} is not https://HOST/PATH or http://HOST/PATH")
    if parts.scheme == "http" and not (plain or host == "localhost" or is_loopback(host)):
        raise ValueError(f"{name} {url!r} is not https (http only on this machine)")
