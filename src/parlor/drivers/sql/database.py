"""How the SQL drivers reach an engine: units of work, and what cannot be opened.

The units are synchronous functions of one SQLAlchemy `Connection`. SQLite runs them on threads;
an engine with an asyncio driver can run the very same ones through `AsyncConnection.run_sync`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row

from parlor.model.errors import ParlorError

T = TypeVar("T")
Item = TypeVar("Item")
AnyRow = Row[*tuple[Any, ...]]
"""A row of whatever columns; the function that takes it says which it expects."""


class CannotOpen(Exception):
    """The database cannot be used. The message is one line for the operator."""


class DatabaseTooNew(CannotOpen):
    """A newer program has migrated this database; running on would damage it."""


class Database(Protocol):
    """Every method raises StorageFailed (nothing was stored) and Overloaded (too much waits)."""

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Run `unit` in a transaction; return its result once that is durable.

        Whatever `unit` raises undoes this unit alone and reaches the caller. It may share its
        commit with other units, and may run on another thread: it must not touch the caller's
        state. Cancelling the caller does not undo it.
        """

    async def write_together(
        self,
        unit: Callable[[Connection, Sequence[Item]], Sequence[T | ParlorError]],
        item: Item,
    ) -> T:
        """As `write`, but items that wait for the same commit reach `unit` in one call.

        `unit` gives one result or refusal per item, in their order. When it raises, everything
        it did is undone and it is called again with each item by itself.
        """

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on one consistent snapshot, which has every write acknowledged so far."""
