"""Programs that refuse to run as root, run as somebody else when the tests are root's."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO


class Account:
    """Whoever is asked for, when that user exists and we may become it; otherwise ourselves."""

    def __init__(self, name: str) -> None:
        self._found = pwd.getpwnam(name) if os.geteuid() == 0 else None

    @property
    def name(self) -> str:
        return self._found.pw_name if self._found else pwd.getpwuid(os.geteuid()).pw_name

    def folder(self, prefix: str) -> Path:
        """A new one of its own, in a place short enough for sockets. The caller removes it."""
        made = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
        if self._found:
            os.chown(made, self._found.pw_uid, self._found.pw_gid)
        return made

    def command(self, *arguments: str | Path) -> list[str]:
        """As an argument list; what is started so ends with us, even when we are killed."""
        become: Sequence[str] = ()
        if self._found:
            become = (
                f"--reuid={self._found.pw_uid}",
                f"--regid={self._found.pw_gid}",
                "--init-groups",
            )
        return ["setpriv", *become, "--pdeathsig", "QUIT", "--", *map(str, arguments)]

    def run(self, *arguments: str | Path, cwd: Path) -> None:
        done = subprocess.run(self.command(*arguments), cwd=cwd, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed:\n{done.stdout}{done.stderr}")

    def start(self, *arguments: str | Path, cwd: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(*arguments), cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


def end(process: subprocess.Popen[bytes], folder: Path) -> None:
    """At once, and with everything that it wrote."""
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)
