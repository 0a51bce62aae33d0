"""`parlor migrate`, `backup`, `restore` and `move`: what is done with a database as a whole."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parlor.boot.commands import config_of, run
from parlor.boot.config import ConfigError

if TYPE_CHECKING:
    from parlor.drivers.sql.copying import Told


def add_to(commands: Any, settings: argparse.ArgumentParser) -> None:
    """Add the commands to `commands`, what `add_subparsers` has made; all take `settings`."""
    migrating = commands.add_parser(
        "migrate",
        parents=[settings],
        help="bring the database to what this program needs",
        description="A database in the data folder is migrated when the server starts; one of its "
        "own (storage.url) only by this command, while no server uses it.",
    )
    migrating.set_defaults(run=_migrate)

    backup = commands.add_parser(
        "backup",
        parents=[settings],
        help="write the database into a file, while the server may run",
        description="The file is a SQLite database, whatever the database is. Secrets and "
        "certificates of the data folder are not in it.",
    )
    backup.add_argument("file", metavar="FILE", type=Path, help="must not exist")
    backup.set_defaults(run=_backup)

    restore = commands.add_parser(
        "restore",
        parents=[settings],
        help="put a backup into an empty database",
        description="Checks that every conversation is whole before anything is kept.",
    )
    restore.add_argument("file", metavar="FILE", type=Path, help="made by parlor backup")
    restore.set_defaults(run=_restore)

    move = commands.add_parser(
        "move",
        parents=[settings],
        help="copy the database into another one",
        description="The server must be stopped. The old database stays as it is; to use the new "
        "one, set storage.url.",
    )
    move.add_argument(
        "--to",
        metavar="URL",
        required=True,
        help="postgresql://…, mysql://…, mariadb://… or sqlite",
    )
    move.set_defaults(run=_move)


def _migrate(flags: argparse.Namespace) -> None:
    config = config_of(flags)

    async def bring_up() -> None:
        from parlor.boot.storage import migrate

        before, now = await migrate(config)
        if before == now:
            print(f"The database is up to date: revision {now}.")
        else:
            print(f"The database has revision {now} now, before {before or 'nothing'}.")

    run(bring_up())


def _backup(flags: argparse.Namespace) -> None:
    config = config_of(flags)
    from parlor.boot.copying import back_up

    _copy("backed up into", flags.file, lambda tell: back_up(config, flags.file, tell))


def _restore(flags: argparse.Namespace) -> None:
    config = config_of(flags)
    from parlor.boot.copying import restore

    _copy("restored from", flags.file, lambda tell: restore(config, flags.file, tell))


def _move(flags: argparse.Namespace) -> None:
    config = config_of(flags)
    from parlor.boot.copying import move, shown

    try:
        target = shown(config, flags.to)
    except ValueError as wrong:
        raise ConfigError(f"--to: {wrong}") from wrong
    _copy("moved to", target, lambda tell: move(config, flags.to, tell))
    print("Serve from it with storage.url set to that.")


def _copy(
    done: str, where: object, work: Callable[[Told], Coroutine[Any, Any, Mapping[str, int]]]
) -> None:
    """Do it with a bar for each table, then say how many rows each has."""
    if sys.modules.get("rich") is None:
        sys.modules.pop("rich", None)
    from parlor.boot.copy_progress import CopyProgress

    async def copy() -> None:
        with CopyProgress() as progress:
            found = await work(progress.tell)
        for name, rows in found.items():
            print(f"{name:24} {rows:>12,}")
        print(f"{sum(found.values()):,} rows {done} {where}.")

    run(copy())
