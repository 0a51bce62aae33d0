"""`parlor` as a program: what it prints, how it ends, what the folder holds afterwards."""

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import sys
from pathlib import Path

import httpx
import pytest

from parlor.client import connect
from parlor.model.close import CloseCode
from parlor.wire.native.methods import CallIce, CallIceResult
from tests.support.people import PASSWORD, sign_up
from tests.support.ports import free_port
from tests.support.server import running_parlor

ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PARLOR_")}


async def run(*arguments: str, stdin: str = "", environment: dict[str, str] | None = None):
    """(exit status, standard output, standard error) of `parlor ARGUMENTS`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parlor.boot.cli", *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT | (environment or {}),
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, err = await process.communicate(stdin.encode())
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--set", "http.prot=1"], ["http.prot", "did you mean port?"]),
        (["serve", "--port", "many"], ["--port", "http.port"]),
        (["serve", "--door", "gaim"], ["gaim", "goim"]),
        (["config", "check", "--config", "/nonexistent.toml"], ["/nonexistent.toml"]),
        (["key", "add", "x", "--scope", "everything"], ["everything", "push"]),
        (["serve", "--no-such-flag"], ["--no-such-flag"]),
    ],
)
async def test_wrong_usage_is_status_2_and_names_what_is_wrong(arguments, words):
    status, out, err = await run(*arguments)
    assert (status, out) == (2, "")
    assert "Traceback" not in err
    for word in words:
        assert word in err


async def test_an_open_goim_door_on_a_public_address_is_refused():
    status, _, err = await run(
        "serve", "--door", "goim", "--set", "doors.goim.auth=open",
        "--set", "doors.goim.host=0.0.0.0",
    )  # fmt: skip
    assert status == 2
    assert "loopback" in err


async def test_a_taken_port_is_status_1_and_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, out, err = await run("serve", "--port", port, "--data", str(tmp_path / "d"))
    assert (status, out) == (1, "")
    assert port in err
    assert len(err.splitlines()) == 1


async def test_a_taken_door_port_is_status_1_and_names_its_setting(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, _, err = await run(
            "serve", "--port", "0", "--data", str(tmp_path / "d"), "--door", "goim",
            "--set", f"doors.goim.tcp_port={port}",
        )  # fmt: skip
    assert status == 1
    assert "doors.goim.tcp_port" in err
    assert "Traceback" not in err


async def test_a_folder_that_is_a_file_is_status_1_and_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = await run("serve", "--port", "0", "--data", str(tmp_path / "file"))
    assert status == 1
    assert str(tmp_path / "file") in err
    assert len(err.splitlines()) == 1


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(tmp_path):
    async with running_parlor(tmp_path) as server:
        folder = server.data
    with sqlite3.connect(folder / "parlor.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    status, _, err = await run("serve", "--port", "0", "--data", str(folder))
    assert status == 1
    assert "newer" in err
    assert len(err.splitlines()) == 1
    with sqlite3.connect(folder / "parlor.db") as database:
        found = database.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [("from_the_future",)]


async def test_one_folder_serves_one_server(tmp_path):
    async with running_parlor(tmp_path) as server:
        status, _, err = await run("serve", "--port", "0", "--data", str(server.data))
    assert status == 1
    assert f"process {server_pid(err)}" in err


def server_pid(line: str) -> str:
    found = re.search(r"process (\d+)", line)
    assert found, line
    return found[1]


async def start(folder: Path):
    """A server whose every line of output is seen: (process, lines up to the set-up link)."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parlor.boot.cli", "serve", "--port", str(free_port()),
        "--data", str(folder),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=ENVIRONMENT,
    )  # fmt: skip


async def test_the_first_run_makes_the_folder_and_a_link_that_makes_one_administrator(tmp_path):
    process = await start(tmp_path / "data")
    assert process.stdout
    async with asyncio.timeout(30):
        ready = (await process.stdout.readline()).decode()
        await process.stdout.readline()
        link = (await process.stdout.readline()).decode().strip()
    try:
        url = ready.removeprefix("ready ").strip()
        assert ready.startswith("ready http://localhost:")
        assert link.startswith(f"{url}/setup/")
        modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "data").iterdir()}
        assert modes["secrets.toml"] == modes["parlor.db"] == 0o600
        body = {"name": "root", "password": PASSWORD}
        api = link.replace("/setup/", "/api/v1/setup/")
        async with httpx.AsyncClient() as anybody:
            made = await anybody.post(api, json=body)
            assert made.is_success, made.text
            again = await anybody.post(api, json=body | {"name": "other"})
            assert again.status_code == 404
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert all(json.loads(line) for line in err.decode().splitlines())

    second = await start(tmp_path / "data")
    assert second.stdout
    async with asyncio.timeout(30):
        assert (await second.stdout.readline()).startswith(b"ready ")
    second.send_signal(signal.SIGTERM)
    out, _ = await second.communicate()
    assert out == b"", "an administrator exists, so there is no new link"


async def test_sigterm_tells_clients_when_to_come_back_and_ends_with_0(tmp_path):
    async with running_parlor(tmp_path) as server:
        ann = await sign_up(server.url, "ann")
        async with (
            connect(ann.websocket_url, ann.token) as over_websocket,
            connect(ann.tcp_url, ann.token) as over_tcp,
        ):
            await over_tcp.request(CallIce(), CallIceResult)
            stopping = asyncio.create_task(server.stop())
            await over_websocket.wait_closed()
            await over_tcp.wait_closed()
            assert await stopping == 0
            for closed in (over_websocket.closed, over_tcp.closed):
                assert closed is not None
                assert closed.code == CloseCode.DRAINING
                assert closed.after_s > 0
        await ann.rest.aclose()


async def test_accounts_and_keys_can_be_made_beside_a_running_server(tmp_path):
    async with running_parlor(tmp_path) as server:
        data = ["--data", str(server.data)]
        status, out, err = await run("user", "add", "Carol", *data, stdin=f"{PASSWORD}\n")
        assert (status, err) == (0, ""), err
        assert out.startswith("Added carol ")
        status, _, err = await run("user", "add", "carol", *data, stdin=f"{PASSWORD}\n")
        assert status == 1
        assert len(err.splitlines()) == 1
        status, key, _ = await run("key", "add", "bench", "--scope", "push,admin", *data)
        assert status == 0
        status, link, _ = await run("user", "add", "dave", "--admin", *data)
        assert status == 0
        assert "/setup/" in link
        async with httpx.AsyncClient(base_url=server.url) as anybody:
            body = {"name": "carol", "password": PASSWORD}
            assert (await anybody.post("/api/v1/sessions", json=body)).status_code == 200
            push = {"to": {"room": "r"}, "body": "x", "kind": "lossy"}
            headers = {"Authorization": f"Bearer {key.strip()}"}
            answer = await anybody.post("/api/v1/push", json=push, headers=headers)
            assert answer.status_code == 202, answer.text


async def test_a_one_time_password_puts_a_person_out_of_a_running_server(tmp_path):
    async with running_parlor(tmp_path, ["--set", "auth.recheck_s=0.2"]) as server:
        ann = await sign_up(server.url, "ann")
        async with connect(ann.websocket_url, ann.token) as link:
            status, out, err = await run("user", "password", "ann", "--data", str(server.data))
            assert (status, err) == (0, ""), err
            given = out.strip()
            async with asyncio.timeout(30):
                await link.wait_closed()
            assert link.closed is not None
            assert link.closed.code == CloseCode.SIGNED_OUT
        async with httpx.AsyncClient(base_url=f"{server.url}/api/v1") as rest:

            async def sign_in(password: str, **more: str) -> httpx.Response:
                return await rest.post(
                    "/sessions", json={"name": "ann", "password": password, **more}
                )

            refused = await sign_in(PASSWORD)
            assert (refused.status_code, refused.json()["error"]["code"]) == (
                401,
                "wrong_credentials",
            )
            needed = await sign_in(given)
            assert needed.json()["error"]["code"] == "new_password_needed"
            assert (await sign_in(given, new_password="my own passphrase")).status_code == 200
            assert (await sign_in("my own passphrase")).status_code == 200
        await ann.rest.aclose()
        status, out, err = await run("user", "password", "nobody", "--data", str(server.data))
        assert (status, out) == (1, "")
        assert err == "parlor: There is no account nobody.\n"


async def test_settings_come_from_the_environment_and_are_printed_with_their_origin():
    status, out, _ = await run("config", "print", environment={"PARLOR_HTTP__PORT": "9999"})
    assert status == 0
    assert "port = 9999  # environment PARLOR_HTTP__PORT" in out


async def test_no_log_line_has_a_token_a_password_or_a_text(tmp_path):
    async with running_parlor(tmp_path, ["--set", "log.level=debug"]) as server:
        ann, bob = await sign_up(server.url, "ann"), await sign_up(server.url, "bob")
        conversation = await ann.talk_to(bob)
        message = {"client_id": "1", "text": "a very private remark"}
        await ann.post(f"/conversations/{conversation}/messages", message)
        async with connect(ann.websocket_url, ann.token):
            pass
        await server.stop()
        log = server.log()
        for secret in (ann.token, ann.refresh_token, PASSWORD, "very private"):
            assert secret not in log
        await ann.rest.aclose()
        await bob.rest.aclose()


async def test_sighup_reloads_the_settings_with_clients_connected(tmp_path):
    file = tmp_path / "parlor.toml"
    file.write_text('[log]\nlevel = "warning"\n')
    async with running_parlor(tmp_path, ["--config", str(file)]) as server:
        ann = await sign_up(server.url, "ann")
        async with connect(ann.websocket_url, ann.token) as connection:
            file.write_text('[log]\nlevel = "info"\n')
            os.kill(server.pid, signal.SIGHUP)
            async with asyncio.timeout(10):
                while "settings_reloaded" not in server.log():
                    await asyncio.sleep(0.02)
            file.write_text("[log]\nlevle = 1\n")
            os.kill(server.pid, signal.SIGHUP)
            async with asyncio.timeout(10):
                while "did you mean level?" not in server.log():
                    await asyncio.sleep(0.02)
            await connection.request(CallIce(), CallIceResult)
        await ann.rest.aclose()
