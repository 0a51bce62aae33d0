"""`parlor index rebuild`: the index of what was said, made anew beside a server that may run."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from parlor.boot.commands import config_of, run


def add_to(commands: Any, settings: argparse.ArgumentParser) -> None:
    """Add the commands to `commands`, what `add_subparsers` has made; all take `settings`."""
    index = commands.add_parser("index", help="the index in which messages are searched")
    index_commands = index.add_subparsers(metavar="COMMAND", required=True)
    rebuild = index_commands.add_parser(
        "rebuild",
        parents=[settings],
        help="make it anew, while the server may run",
        description="Conversation by conversation, shown as it goes on; each is searched as before "
        "until its turn has come. When it is interrupted, the server goes on with it.",
    )
    rebuild.set_defaults(run=_rebuild)


def _rebuild(flags: argparse.Namespace) -> None:
    config = config_of(flags)
    if sys.modules.get("rich") is None:
        sys.modules.pop("rich", None)
    from contextlib import AsyncExitStack

    from parlor.boot.copy_progress import CopyProgress
    from parlor.boot.storage import open_storage
    from parlor.drivers.prometheus import PrometheusMeter
    from parlor.drivers.sql.search import SqlSearch
    from parlor.im.rebuild import rebuild

    async def work() -> None:
        async with AsyncExitStack() as stack:
            storage = await open_storage(config, PrometheusMeter(), stack)
            with CopyProgress() as progress:
                done = await rebuild(
                    SqlSearch(storage.database),
                    lambda some, there: progress.tell("events", some, there),
                )
        print(f"The index is made anew, of {done:,} events.")

    run(work())
