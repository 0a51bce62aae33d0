"""The data folder: made on the first run, owned by one server at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderError(Exception):
    """One line that says what is wrong with the data folder. Exit status 1."""


def open_folder(folder: Path) -> Path:
    """Make the folder (0700) when it is not there. Raises FolderError when it cannot be used."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        raise FolderError(f"data folder {folder}: {wrong.strerror}") from wrong
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderError(f"data folder {folder}: not writable by user id {os.geteuid()}")
    return folder


@contextmanager
def owning(folder: Path, inherited: int | None = None) -> Iterator[int]:
    """Hold the folder for this server process; the kernel lets go when the process dies.

    Yields the descriptor of the lock. A successor that was given it (`inherited`) shares the
    lock until its predecessor ends, so nobody else comes in between. Raises FolderError when
    another server holds the folder. `parlor user` and `parlor key` do not take it: they may run
    beside a server.
    """
    file = folder / "server.lock"
    descriptor = inherited
    if descriptor is None:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            raise FolderError(
                f"data folder {folder}: in use by another parlor server (process {holder}); "
                "with --take-over this one would take its place"
            ) from taken
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)
