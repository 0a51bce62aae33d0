"""A real S3 server on this machine, in a process of its own, and empty buckets in it."""

from __future__ import annotations

import asyncio
import socket
import sys
import urllib.request
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlor.drivers.blobs.settings import BlobSettings

_SERVER = """
import socket, sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
listener = socket.socket(fileno=int(sys.argv[1]))
app = DomainDispatcherApplication(create_backend_app)
make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno()).serve_forever()
"""


@asynccontextmanager
async def s3_server() -> AsyncIterator[str]:
    """Its address. It listens before it is yielded: who asks too early waits, and is answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _SERVER,
            f"{listener.fileno()}",
            pass_fds=[listener.fileno()],
            stderr=asyncio.subprocess.DEVNULL,
        )
        port = listener.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def make_bucket(url: str) -> BlobSettings:
    """An empty one, and how it is reached."""
    bucket = f"parlor-{uuid.uuid4().hex[:12]}"
    request = urllib.request.Request(f"{url}/{bucket}", method="PUT")
    # Moto checks no signature, but wants to see whose request it is.
    request.add_header("authorization", "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/x")
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=60).close())
    return BlobSettings(
        bucket=bucket, endpoint=url, access_key_id="key", secret_access_key="secret"
    )
