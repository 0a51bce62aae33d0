"""`parlor` as a program beside a running server: its exit status and what it printed."""

from __future__ import annotations

import asyncio
import os
import sys

_ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PARLOR_")}


async def run_parlor(*arguments: str, environment: dict[str, str] | None = None):
    """(exit status, standard output, standard error) of `parlor ARGUMENTS`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parlor.boot.cli", *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_ENVIRONMENT | (environment or {}),
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()
