"""Settings of the embedded database, section `sqlite`."""

from __future__ import annotations

import msgspec


class SqliteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`busy_timeout_s`: how long to wait for another process that holds the write lock.

    `max_waiting_writes` and `max_waiting_reads` refuse the next with `overloaded`.
    `max_batch` bounds what one commit takes. `checkpoint_pages` (4 kB each) is how far the
    write-ahead log grows before it is copied into the file. `readers` is a number of threads.
    `thread_switch_s` is how long a busy event loop may keep the interpreter from the writer each
    time it needs it (`sys.setswitchinterval`, for the whole process while the database is open).
    Python's own 5 ms halve the rate of sends beside a busy loop: docs/adr/0002.
    """

    busy_timeout_s: float = 5.0
    max_waiting_writes: int = 10_000
    max_waiting_reads: int = 10_000
    max_batch: int = 256
    checkpoint_pages: int = 4_000
    readers: int = 2
    thread_switch_s: float = 0.0001
