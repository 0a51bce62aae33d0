"""Addresses of other people's servers, as operators write them."""

from __future__ import annotations

from urllib.parse import urlsplit

from parlor.model.address import is_loopback


def check_url(name: str, url: str) -> None:
    """Raises ValueError, naming the setting, for what somebody on the way could read or change:
    https is needed, but not to a loopback address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as wrong:
        raise ValueError(f"{name} {url!r} is no URL") from wrong
    local = host == "localhost" or is_loopback(host)
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ValueError(f"{name} {url!r} is not https (http only on this machine)")
