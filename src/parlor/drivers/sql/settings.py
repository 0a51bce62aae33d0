"""Which database, and how it is reached: section `storage`.

What only concerns the embedded one is in section `sqlite`.
"""

from __future__ import annotations

import msgspec

EMBEDDED = "sqlite"
_SCHEMES = ("postgresql", "mysql", "mariadb")


class StorageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: `sqlite` (a file in the data folder), or where another database is:
    `postgresql://user:password@host:port/name`, `mysql://…`, `mariadb://…`. Reserved characters of
    a password are percent-encoded.

    The rest is for those that are not embedded. Connections: `together_connections` store what
    is sent in conversations and mail, `write_connections` everything else, `read_connections`
    queries. `connect_timeout_s`: for a connection to be made. `statement_timeout_s`: for one
    transaction, after which its outcome counts as unknown. `lock_timeout_s`: for a row that
    another transaction holds. `attempts`: how often a transaction that met another one is run.
    `max_batch` bounds what one commit takes; `max_waiting_writes` and `max_waiting_reads` refuse
    the next with `overloaded`.
    """

    url: str = EMBEDDED
    together_connections: int = 2
    write_connections: int = 4
    read_connections: int = 4
    connect_timeout_s: float = 5.0
    statement_timeout_s: float = 30.0
    lock_timeout_s: float = 10.0
    attempts: int = 12
    max_batch: int = 256
    max_waiting_writes: int = 10_000
    max_waiting_reads: int = 10_000

    def __post_init__(self) -> None:
        scheme, found, rest = self.url.partition("://")
        if self.url != EMBEDDED and (scheme not in _SCHEMES or not found or not rest):
            # Without the value: there may be a password in it.
            raise ValueError(
                f"url is {EMBEDDED} or begins with {', '.join(f'{one}://' for one in _SCHEMES)}"
            )
        numbers = {name: getattr(self, name) for name in self.__struct_fields__ if name != "url"}
        for name, value in numbers.items():
            if value <= 0:
                raise ValueError(f"{name} must be more than 0")

    @property
    def is_embedded(self) -> bool:
        return self.url == EMBEDDED
