"""Settings of the process itself; every other section is declared beside the code it steers."""

from __future__ import annotations

import msgspec

DOORS = frozenset({"goim"})


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`data` is the data folder. `doors` are front doors by name (`--door`).

    `drain_limit_s`: after SIGTERM, at most this long until the process ends.
    """

    data: str = "./parlor-data"
    doors: tuple[str, ...] = ()
    drain_limit_s: float = 30.0

    def __post_init__(self) -> None:
        for door in self.doors:
            if door not in DOORS:
                raise ValueError(f"there is no door {door!r}; there is {', '.join(sorted(DOORS))}")


class LimitsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`loopback`: per-address limits count for loopback addresses too."""

    loopback: bool = False
