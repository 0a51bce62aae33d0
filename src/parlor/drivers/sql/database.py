"""How the SQL drivers reach an engine: units of work, and what cannot be opened.

The units are synchronous functions of one SQLAlchemy `Connection`. SQLite runs them on threads,
the others through `AsyncConnection.run_sync`. The rules that a unit must keep so that it is right
on every engine are in the docstring of `drivers.sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row

from parlor.drivers.sql.accepted import WriterStats
from parlor.model.errors import ParlorError

T = TypeVar("T")
Item = TypeVar("Item")
AnyRow = Row[*tuple[Any, ...]]
"""A row of whatever columns; the function that takes it says which it expects."""


class CannotOpen(Exception):
    """The database cannot be used. The message is one line for the operator."""


class DatabaseTooNew(CannotOpen):
    """A newer program has migrated this database; running on would damage it."""


class MustMigrate(CannotOpen):
    """An older program made this database, and it is not for a server to change it by itself."""


class Database(Protocol):
    """Every method raises Overloaded (too much waits; nothing was stored) and StorageFailed: either
    nothing was stored or, when a server went away during the commit, that is not known."""

    async def write(self, unit: Callable[[Connection], T], *, order: Hashable = None) -> T:
        """Run `unit` in a serializable transaction; return its result once that is durable.

        It may be run again when it met another transaction, so only its last run counts. Units
        that name the same `order` do not meet, and are stored in the order of the calls. Whatever
        `unit` raises undoes this unit alone and reaches the caller. It may share its commit with
        other units, and may run on another thread: it must not touch the caller's state.
        Cancelling the caller does not undo it.
        """

    async def write_together(
        self,
        unit: Callable[[Connection, Sequence[Item]], Sequence[T | ParlorError]],
        item: Item,
        *,
        order: Hashable = None,
    ) -> T:
        """As `write`, but items that wait for the same commit reach `unit` in one call.

        Items of one `unit` with the same `order` are stored in the order of the calls; others may
        be stored at the same time by another connection. Not serializable but read-committed:
        `unit` locks the rows it decides by before it reads (`drivers.sql.locks`).
        `unit` gives one result or refusal per item, in their order. When it raises, everything
        it did is undone and it is called again with each item by itself.
        """

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on one consistent snapshot, which has every write acknowledged so far."""


class OpenDatabase(Database, Protocol):
    """As boot has it: what it does can be counted."""

    @property
    def made_tables(self) -> bool:
        """Whether it was empty when it was opened: nothing that clients remember is in it."""

    @property
    def reads(self) -> int:
        """Queries beside the writes since the start."""

    @property
    def waiting_writes(self) -> int: ...

    @property
    def waiting_reads(self) -> int: ...

    @property
    def stats(self) -> WriterStats: ...
