"""Ports for servers that must be told theirs: to be found again after a restart, or by a proxy.

Below the range that the kernel takes outgoing connections' ports from. A free port of that range,
chosen by binding to 0, may be the other end of somebody's connection by the time the server binds
it; one of these is only ever bound by whoever asks for it by number, also between a server's end
and its next start.
"""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Iterator
from pathlib import Path

_FIRST, _LAST = 10_000, 32_767
_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


def _walk() -> Iterator[int]:
    """Each port once before any comes again, from where no other process is likely to be."""
    end = min(int(_OUTGOING.read_text().split()[0]), _LAST + 1) if _OUTGOING.exists() else 0
    # Where outgoing connections may have any port, there is nothing better than these.
    ports = range(_FIRST, end if end > _FIRST + 1_000 else _LAST + 1)
    # Not the shared generator, which Hypothesis sets to the same numbers again and again.
    start = random.SystemRandom().randrange(len(ports))
    while True:
        yield from ports[start:]
        yield from ports[:start]


_ports = _walk()


def free_port() -> int:
    """Nobody has it, on any address, for TCP or UDP; and nobody here has been told it lately."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    for family, everywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                with socket.socket(family, kind) as sock:
                    if family == socket.AF_INET6:
                        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    sock.bind((everywhere, port))
            except OSError as refused:
                # A machine without IPv6 has nobody there either.
                if refused.errno in (errno.EADDRINUSE, errno.EACCES):
                    return False
    return True
