"""What is imported for a database that is not used: nothing."""

import subprocess
import sys

PROGRAM = """
import asyncio, sys
from contextlib import AsyncExitStack
from parlor.boot.accounts import open_services
from parlor.boot.config import load
from parlor.boot.sections import SECTIONS

async def main():
    config = load(
        SECTIONS, file=None, environment={"PARLOR_SERVER__DATA": sys.argv[1]}, flags=[]
    )
    async with AsyncExitStack() as stack:
        await open_services(config, stack)
        print(*{"asyncpg", "asyncmy", "sqlalchemy.ext.asyncio", "alembic"} & sys.modules.keys())

asyncio.run(main())
"""


def test_a_server_with_its_own_file_imports_no_driver_of_another_database(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / "data"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "\n"
