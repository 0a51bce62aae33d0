"""Whose address it is: what every per-address limit counts by, and whom it leaves alone.

Called by the limits of accounts, the gateway, the API and the front doors, so that all of them
count the same party and exempt the same one.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """Who is counted together: an IPv4 address, or the /64 that an IPv6 host chooses from.

    What is no IP address, such as the peer of a Unix socket, is counted as it is.
    """
    ip = _parse(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
    return address if ip is None else str(ip)


def plain_address(address: str) -> str:
    """As people write it: the IPv4 address itself where a socket that listens on both families
    says `::ffff:192.0.2.1`. Anything else is left alone."""
    if not address.startswith("::ffff:"):
        return address
    ip = _parse(address)
    return str(ip) if isinstance(ip, ipaddress.IPv4Address) else address


@lru_cache(maxsize=4_096)
def is_loopback(address: str) -> bool:
    """False for what is no IP address."""
    ip = _parse(address)
    return ip is not None and ip.is_loopback


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    # An IPv4 peer of a socket that listens on both looks like this (RFC 4291 §2.5.5.2).
    return (isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped) or ip
