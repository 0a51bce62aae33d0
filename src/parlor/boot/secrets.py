"""The data folder's own secrets: made once, random, readable by the owner alone."""

from __future__ import annotations

import os
import secrets as randomness
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from parlor.boot.folder import FolderError

FILE_NAME = "secrets.toml"


@dataclass(frozen=True, slots=True)
class Secrets:
    """`turn_secret` signs TURN credentials unless the settings name the TURN server's own,
    `resume_secret` the tickets by which clients come back.

    `epoch` names the database's history: clients that knew another one forget their cursors.
    Not secret, but it has to be random and to stay with the folder.
    """

    turn_secret: str
    epoch: str
    resume_secret: str


def load_secrets(folder: Path, *, new_history: bool) -> Secrets:
    """Read the folder's secrets, making them on the first run.

    `new_history`: the database is about to be made, so whatever clients remember of an earlier
    one in this folder is void. Raises OSError, and FolderError for a file that is not ours.
    """
    file = folder / FILE_NAME
    if file.exists():
        found = _read(file)
        if found.resume_secret and not new_history:
            return found
        epoch = _new_epoch() if new_history else found.epoch
        # Tickets of an earlier history name people who may be somebody else now.
        secrets = Secrets(found.turn_secret, epoch, _new_secret())
    else:
        secrets = Secrets(_new_secret(), _new_epoch(), _new_secret())
    _write(file, **asdict(secrets))
    return secrets


def _new_secret() -> str:
    return randomness.token_urlsafe(32)


def _new_epoch() -> str:
    return randomness.token_hex(8)


def _read(file: Path) -> Secrets:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
        # A folder of the first version has no secret for tickets yet.
        resume_secret = str(values.get("resume_secret", ""))
        return Secrets(str(values["turn_secret"]), str(values["epoch"]), resume_secret)
    except (KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise FolderError(f"{file}: not the secrets this program wrote") from wrong


def _write(file: Path, **values: str) -> None:
    """All or nothing: a crash in the middle leaves no half file behind."""
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write("# Made by parlor. Keep it private and with the database.\n")
        out.writelines(f'{key} = "{value}"\n' for key, value in values.items())
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
