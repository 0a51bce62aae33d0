"""What one run of `parlor bench` is to do, checked before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.load.stamps import STAMP_BYTES
from parlor.load.target import Protocol, Target
from parlor.load.tokens import Tokens
from parlor.load.wish import MAX_CONNECTIONS

NOBODY_IN_PARTICULAR = Tokens()
MAX_PROCESSES = 64
MAX_SECONDS = 86_400.0
MAX_RATE = 1_000_000.0
MAX_PAYLOAD = 1 << 20
MAX_LINKS = 1_000
SPARE_DESCRIPTORS = 64
"""What a process opens beside its connections."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Raises ValueError, in one line, for what cannot be done.

    `rate` is pushes (churn: connections, send: messages) a second. `slow` is the share of slow
    readers, each of which reads once in `slow_each_s`. `coming_per_s` bounds how fast connections
    are opened (0: as fast as they are let in). `restart_pid` is the server that storm ends, 0:
    none; `wait_restart`: it waits for somebody else to restart it. `back_limit_s` is how long the
    clients of a storm may take.
    """

    scenario: str
    target: Target
    push_target: Target
    protocol: Protocol
    tokens: Tokens = NOBODY_IN_PARTICULAR
    key: str = ""
    connections: int = 100
    rooms: int = 1
    rate: float = 10.0
    seconds: float = 10.0
    payload: int = 100
    processes: int = 1
    links: int = 8
    heartbeat_s: float = 25.0
    coming_per_s: float = 0.0
    slow: float = 0.1
    slow_each_s: float = 1.0
    pid: int = 0
    restart_pid: int = 0
    wait_restart: bool = False
    back_limit_s: float = 60.0

    def __post_init__(self) -> None:
        _within("--connections", self.connections, 1, MAX_CONNECTIONS * self.processes)
        _within("--processes", self.processes, 1, MAX_PROCESSES)
        _within("--rooms", self.rooms, 1, self.connections)
        _within("--rate", self.rate, 0, MAX_RATE)
        _within("--seconds", self.seconds, 0.1, MAX_SECONDS)
        _within("--payload", self.payload, STAMP_BYTES, MAX_PAYLOAD)
        _within("--links", self.links, 1, MAX_LINKS)
        _within("--heartbeat", self.heartbeat_s, 0.1, MAX_SECONDS)
        _within("--connect-rate", self.coming_per_s, 0, MAX_RATE)
        _within("--slow", self.slow, 0, 1)
        _within("--slow-each", self.slow_each_s, 0.01, MAX_SECONDS)
        _within("--back-limit", self.back_limit_s, 0.1, MAX_SECONDS)
        if self.restart_pid and self.wait_restart:
            raise ValueError("--restart-pid ends the server itself: leave --wait-restart out")
        if self.scenario in ("push", "rooms", "slow", "mixed"):
            if not self.rate:
                raise ValueError("--rate 0 pushes nothing")
            if self.protocol == "native" and not self.key:
                raise ValueError(
                    "--key: pushing needs an API key (parlor key add bench --scope push)"
                )


def check_descriptors(plan: Plan, hard_limit: int) -> None:
    """Raises ValueError when the machine does not allow a process that many open files."""
    each = -(-plan.connections // plan.processes)
    if each + SPARE_DESCRIPTORS > hard_limit:
        raise ValueError(
            f"--connections {plan.connections} in {plan.processes} processes is {each} each, but a"
            f" process may open {hard_limit} files here (ulimit -Hn): take more processes"
        )


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        more = " (18,000 in a process: --processes)" if name == "--connections" else ""
        raise ValueError(f"{name} {value:g}: from {least:g} to {most:g}{more}")
