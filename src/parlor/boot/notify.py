"""Telling systemd that this process serves, and that it is the one to watch (sd_notify(3)).

With `Type=notify` and `NotifyAccess=all`, systemd follows a successor by its `MAINPID`. Nothing
happens where `NOTIFY_SOCKET` is not set.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger()


def say_ready(environment: Mapping[str, str] = os.environ) -> None:
    """Serving, in the place of whoever did before. Never raises: the service runs without."""
    _notify(environment, f"READY=1\nMAINPID={os.getpid()}\n")


def say_main(environment: Mapping[str, str] = os.environ) -> None:
    """About to take over: from now on this process is the service, and the end of the other one
    is not the service's."""
    _notify(environment, f"MAINPID={os.getpid()}\n")


def say_stopping(environment: Mapping[str, str] = os.environ) -> None:
    """Only when nobody takes over: it is the service that stops."""
    _notify(environment, "STOPPING=1\n")


def _notify(environment: Mapping[str, str], message: str) -> None:
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        # Abstract: without a file (unix(7)).
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.setblocking(False)
        try:
            channel.sendto(message.encode(), address)
        except OSError as wrong:
            log.warning("systemd_not_told", reason=wrong.strerror)
