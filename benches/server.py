"""A real `parlor serve` for one bench: own port, own folder, ended by its own process id."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from parlor.boot.accounts import AccountServices, open_services
from parlor.boot.config import Given
from parlor.boot.config import load as load_config
from parlor.boot.sections import SECTIONS
from parlor.model.account import User
from parlor.model.ids import UserId

READY_LIMIT_S = 20.0
AT_ONCE = 2_000
PROGRAM = str(Path(sys.executable).with_name("parlor"))


class Server:
    """`ready_s` is the time from the start of the process to its `ready` line."""

    def __init__(
        self, process: subprocess.Popen[str], port: int, ready_s: float, data: Path
    ) -> None:
        self.process = process
        self.data = data
        self.port = port
        self.ready_s = ready_s
        self.door_ports: dict[str, int] = {}

    @property
    def pid(self) -> int:
        return self.process.pid

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> Any:
        """One REST request; the decoded answer. Raises RuntimeError for a refusal."""
        web = Web(self.port, token)
        try:
            return web.ask(method, path, body)
        finally:
            web.close()

    def sign_up(self, name: str) -> tuple[str, str]:
        """(user id, token)"""
        made = self.ask(
            "POST", "/api/v1/accounts", {"name": name, "password": f"long enough for {name}"}
        )
        return made["user"]["id"], made["token"]

    def metrics(self) -> str:
        with_http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with_http.request("GET", "/metrics")
        text = with_http.getresponse().read().decode()
        with_http.close()
        return text


class Web:
    """One kept-alive HTTP connection."""

    def __init__(self, port: int, token: str = "") -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        headers = dict(self._headers)
        if raw is not None and not isinstance(body, bytes):
            headers["Content-Type"] = "application/json"
        self._link.request(method, path, raw, headers)
        answer = self._link.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
        return json.loads(text) if text else None

    def close(self) -> None:
        self._link.close()


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="parlor-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def serving(data: Path, *flags: str, settings: Sequence[str] = ()) -> Iterator[Server]:
    """Start, wait for `ready`, and end it. Raises RuntimeError with its log when it does not
    come up."""
    command = [PROGRAM, "serve", "--port", "0", "--data", str(data), *flags]
    for setting in settings:
        command += ["--set", setting]
    log_path = data.with_suffix(".log")
    with log_path.open("a") as log:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready_s = time.perf_counter() - began
        if not line.startswith("ready "):
            raise RuntimeError(f"{' '.join(command)} did not start:\n{log_path.read_text()}")
        server = Server(process, urlsplit(line.split()[1]).port or 80, ready_s, data)
        for _ in range(3 if "--door" in flags else 0):
            _, name, address = process.stdout.readline().split()
            server.door_ports[name] = int(address.rpartition(":")[2])
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def add_push_key(data: Path) -> str:
    """An API key that may push. The data folder is made when it is not there."""
    made = subprocess.run(
        [PROGRAM, "key", "add", "bench", "--scope", "push", "--data", str(data)],
        check=True,
        capture_output=True,
        text=True,
    )
    return next(word for word in made.stdout.split() if word.startswith("plk_"))


def add_people(data: Path, count: int) -> list[str]:
    """The access tokens of `count` new users, each signed in on a device of their own.

    In a server that does not run yet, without its HTTP: a sign-in there is made slow on purpose.
    """
    config = load_config(
        SECTIONS, file=None, environment={}, flags=[Given("server", "data", str(data), "bench")]
    )

    async def add(services: AccountServices, number: int) -> str:
        user = User(UserId(str(1_000_000 + number)), f"person-{number}", f"Person {number}")
        await services.accounts.add_user(user, "", admin=False)
        device = services.sign_ins.check_device("")
        return (await services.sign_ins.open(user, device, admin=False)).tokens.token

    async def add_all() -> list[str]:
        tokens: list[str] = []
        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            for start in range(0, count, AT_ONCE):
                some = range(start, min(start + AT_ONCE, count))
                tokens += await asyncio.gather(*(add(services, number) for number in some))
        return tokens

    return asyncio.run(add_all())
