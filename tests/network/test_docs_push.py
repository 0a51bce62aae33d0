"""The pages about pushing do what they say: every example in them runs against a real server.

A shell example runs in bash with `parlor` and `curl`, a Python one in this Python, a JavaScript
one in the Node that the web app is built with; all as printed, but for the server's address.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from parlor.client import connect
from tests.support.ports import free_port
from tests.support.rest_client import sign_up
from tests.support.rest_server import address_of, http_to, make_key
from tests.support.server import running_parlor

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ("push", "api")
EXAMPLE = re.compile(r"^```(sh|python|js)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ADDRESS, RECEIVER = "http://127.0.0.1:8080", 9000
SECRET = "at least sixteen characters"
LIMIT_S = 30.0


def examples(page: str) -> list[tuple[str, str]]:
    """(language, text) of each, in the order of the page."""
    return EXAMPLE.findall((DOCS / page).read_text("utf-8"))


def command(language: str, text: str, folder: Path) -> list[str]:
    if language == "sh":
        return ["bash", "-euo", "pipefail", "-c", text]
    file = folder / f"example.{'py' if language == 'python' else 'mjs'}"
    file.write_text(text, "utf-8")
    return [sys.executable if language == "python" else str(_node()), str(file)]


def _node() -> Path:
    found = subprocess.run([ROOT / "tools" / "node-path"], capture_output=True, check=True)
    return Path(found.stdout.decode().strip()) / "node"


@asynccontextmanager
async def running(
    language: str, text: str, folder: Path, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """An example that runs by itself, and is ended when it has not ended."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        *command(language, text, folder),
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            # Node from PyPI is a child of a small Python program.
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


@pytest.mark.parametrize("page", [*PAGES, "webhooks"])
def test_both_languages_have_the_same_examples(page: str):
    assert examples(f"{page}.md") == examples(f"{page}.zh.md")
    assert examples(f"{page}.md")


def test_the_page_about_pushing_has_examples_in_all_three_languages():
    assert {language for language, _ in examples("push.md")} == {"sh", "python", "js"}


@pytest.mark.parametrize("page", [f"{page}{tongue}" for page in PAGES for tongue in ("", ".zh")])
async def test_every_example_runs_as_printed(tmp_path: Path, page: str):
    async with running_parlor(tmp_path) as server:
        environment = {
            "PARLOR_KEY": await make_key(server, "example", "push"),
            "JWT_SECRET": "at least 32 bytes that only the backend and Parlor know",
            "ADMIN_KEY": await make_key(server, "administrator", "admin"),
            "PARLOR_SERVER__DATA": str(server.data),
        }
        for language, text in examples(f"{page}.md"):
            here = text.replace(ADDRESS, address_of(server))
            async with running(language, here, tmp_path, **environment) as process:
                async with asyncio.timeout(LIMIT_S):
                    printed, complaint = await process.communicate()
                assert process.returncode == 0, (text, complaint.decode())
                assert b'"error"' not in printed, text


@pytest.mark.parametrize("language", ["python", "js"])
async def test_a_receiver_of_webhooks_runs_as_printed(tmp_path: Path, language: str):
    (text,) = [text for kind, text in examples("webhooks.md") if kind == language]
    port = free_port()
    assert str(RECEIVER) in text
    text = text.replace(str(RECEIVER), str(port))
    settings = (
        f"webhooks.urls=http://127.0.0.1:{port}/hooks",
        f"webhooks.ask_url=http://127.0.0.1:{port}/may",
        f"webhooks.secret={SECRET}",
    )
    flags = [word for setting in settings for word in ("--set", setting)]
    async with (
        running(language, text, tmp_path, WEBHOOK_SECRET=SECRET) as receiver,
        running_parlor(tmp_path, flags) as server,
        http_to(server) as client,
        asyncio.timeout(LIMIT_S),
    ):
        await _listens(port)
        user, headers = await sign_up(client, "ann")
        token = headers["authorization"].removeprefix("Bearer ")
        async with connect(f"ws://127.0.0.1:{server.port}/ws", token):
            pass
        assert receiver.stdout is not None
        heard = [(await receiver.stdout.readline()).decode().split() for _ in range(2)]
        assert heard == [["connect", user], ["disconnect", user]]
        unsigned = await client.post(f"http://127.0.0.1:{port}/hooks", json={"events": []})
        assert unsigned.status_code == 401


async def _listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
