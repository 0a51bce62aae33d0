"""Run Alembic on a connection that is already in a transaction, without a configuration file."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    # Config interpolates %(name)s, and a folder may have a % in its name.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, to: str) -> None:
    """The caller's transaction holds all of it: to commit or not is the caller's."""
    command.upgrade(alembic_config(connection), to)
