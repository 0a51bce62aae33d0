"""Debian's nginx with the files of deploy/nginx, in which only ports and paths are replaced."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from parlor.gateway.tls.settings import CertificateFiles
from tests.support.certificates import write_pair
from tests.support.ports import free_port
from tests.support.server import ParlorServer, running_parlor

NGINX = "/usr/sbin/nginx"
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"
EXAMPLES = Path(__file__).parents[2] / "deploy" / "nginx"
HOST = "chat.example.org"
START_LIMIT_S = 15.0
_LIVE = f"/etc/letsencrypt/live/{HOST}"

_MAIN = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
load_module {stream};
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/parlor.conf;
}}
include {folder}/parlor-stream.conf;
"""


@dataclass(frozen=True)
class Ports:
    """What nginx listens on."""

    redirect: int
    https: int
    goim_wss: int
    native_tcp: int
    goim_tcp: int


@dataclass
class Behind:
    """A `parlor serve` and the nginx in front of it."""

    server: ParlorServer
    ports: Ports
    folder: Path

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.ports.https}"

    def log(self) -> str:
        return (self.folder / "nginx.log").read_text()


@contextlib.asynccontextmanager
async def parlor_behind_nginx(folder: Path, *settings: str) -> AsyncIterator[Behind]:
    """The settings that the examples ask for are made, and `settings` on top of them."""
    behind = {name: free_port() for name in ("tcp", "ws", "http")}
    ports = Ports(*(free_port() for _ in range(5)))
    flags = ["--door", "goim"]
    for setting in (
        f"http.public_url=https://{HOST}:{ports.https}",
        "listen.trusted_proxies=127.0.0.1",
        "listen.client_field=x-forwarded-for",
        "listen.proxy_protocol=optional",
        "doors.goim.proxy_protocol=optional",
        "doors.goim.auth=open",
        "doors.goim.batch=1",
        *(f"doors.goim.{name}_port={port}" for name, port in behind.items()),
        *settings,
    ):
        flags += ["--set", setting]
    async with running_parlor(folder, flags) as server:
        pair = write_pair(folder, HOST, "localhost")
        _write_examples(folder, pair, ports, server.port, behind)
        async with _running_nginx(folder, ports):
            yield Behind(server, ports, folder)


def _write_examples(
    folder: Path, pair: CertificateFiles, ports: Ports, web_port: int, behind: dict[str, int]
) -> None:
    http = {
        "listen 80;": f"listen 127.0.0.1:{ports.redirect};",
        "listen [::]:80;": f"listen [::1]:{ports.redirect};",
        "listen 443 ssl;": f"listen 127.0.0.1:{ports.https} ssl;",
        "listen [::]:443 ssl;": f"listen [::1]:{ports.https} ssl;",
        "listen 3103 ssl;": f"listen 127.0.0.1:{ports.goim_wss} ssl;",
        "listen [::]:3103 ssl;": f"listen [::1]:{ports.goim_wss} ssl;",
        "server 127.0.0.1:8080;": f"server 127.0.0.1:{web_port};",
        "proxy_pass http://127.0.0.1:3102;": f"proxy_pass http://127.0.0.1:{behind['ws']};",
        "proxy_pass http://127.0.0.1:3111;": f"proxy_pass http://127.0.0.1:{behind['http']};",
    }
    stream = {
        "listen 8443 ssl;": f"listen 127.0.0.1:{ports.native_tcp} ssl;",
        "listen [::]:8443 ssl;": f"listen [::1]:{ports.native_tcp} ssl;",
        "listen 3104 ssl;": f"listen 127.0.0.1:{ports.goim_tcp} ssl;",
        "listen [::]:3104 ssl;": f"listen [::1]:{ports.goim_tcp} ssl;",
        "proxy_pass 127.0.0.1:8080;": f"proxy_pass 127.0.0.1:{web_port};",
        "proxy_pass 127.0.0.1:3101;": f"proxy_pass 127.0.0.1:{behind['tcp']};",
    }
    files = {f"{_LIVE}/fullchain.pem": pair.certificate, f"{_LIVE}/privkey.pem": pair.key}
    for name, replaced in (("parlor.conf", http), ("parlor-stream.conf", stream)):
        text = (EXAMPLES / name).read_text()
        for before, after in (replaced | files).items():
            assert before in text, f"{name} has no {before}"
            text = text.replace(before, after)
        (folder / name).write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    main = _MAIN.format(folder=folder, user=user, stream=STREAM_MODULE)
    (folder / "nginx.conf").write_text(main)


@contextlib.asynccontextmanager
async def _running_nginx(folder: Path, ports: Ports) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")),
        *("-e", str(folder / "nginx.log")),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(START_LIMIT_S):
            while not _accepts(ports.https) or not _accepts(ports.goim_tcp):
                if process.returncode is not None:
                    assert process.stderr is not None
                    raise AssertionError((await process.stderr.read()).decode())
                await asyncio.sleep(0.02)
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
