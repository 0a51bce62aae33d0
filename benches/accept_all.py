"""The least that HTTP costs with uvicorn: an application that reads a body and answers 202.

`python -m benches.accept_all` prints its port and serves until standard input ends. The baseline
of `http_push`: same loop, same parser, and nothing of Parlor.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn
import uvloop

_BODY = b'{"push_id":"0123456789abcdef01234567","to":0}'
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_BODY)).encode()),
]
_Message = MutableMapping[str, Any]


@contextlib.contextmanager
def accepting_all() -> Iterator[int]:
    """The port of one that runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benches.accept_all"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


async def _app(
    scope: _Message,
    receive: Callable[[], Awaitable[_Message]],
    send: Callable[[_Message], Awaitable[None]],
) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


async def _serve() -> None:
    config = uvicorn.Config(
        _app, port=0, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await ended.wait()
    server.should_exit = True
    await serving


if __name__ == "__main__":
    uvloop.run(_serve())
