"""A TURN client of one request, and Debian's coturn to speak to.

Bytes are built by hand from RFC 8489 and RFC 8656, so that nothing of parlor is trusted here.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import socket
import struct
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

PATIENCE_S = 10.0
REALM = "parlor.test"
_COOKIE = 0x2112A442
_ALLOCATE, _ALLOCATED, _ALLOCATE_ERROR = 0x0003, 0x0103, 0x0113
_USERNAME, _INTEGRITY, _ERROR_CODE, _REALM, _NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
_RELAYED_ADDRESS, _REQUESTED_TRANSPORT = 0x0016, 0x0019
_UDP = b"\x11\0\0\0"


@dataclass(frozen=True)
class Answer:
    """`error` is 0 when the allocation was granted; then `relayed` is its port."""

    error: int
    attributes: dict[int, bytes]

    @property
    def relayed_port(self) -> int:
        (mixed,) = struct.unpack(">H", self.attributes[_RELAYED_ADDRESS][2:4])
        return int(mixed) ^ (_COOKIE >> 16)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack(">HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def _message(attributes: bytes, key: bytes | None) -> bytes:
    transaction = secrets.token_bytes(12)
    if key is None:
        return struct.pack(">HHI", _ALLOCATE, len(attributes), _COOKIE) + transaction + attributes
    # The length counts the integrity attribute already (RFC 8489 §14.5).
    head = struct.pack(">HHI", _ALLOCATE, len(attributes) + 24, _COOKIE)
    covered = head + transaction + attributes
    return covered + _attribute(_INTEGRITY, hmac.digest(key, covered, hashlib.sha1))


def _parse(datagram: bytes) -> Answer:
    kind, length, _ = struct.unpack_from(">HHI", datagram)
    assert kind in (_ALLOCATED, _ALLOCATE_ERROR)
    attributes: dict[int, bytes] = {}
    at = 20
    while at < 20 + length:
        name, size = struct.unpack_from(">HH", datagram, at)
        attributes[name] = datagram[at + 4 : at + 4 + size]
        at += 4 + size + (-size % 4)
    error = attributes.get(_ERROR_CODE)
    return Answer(0 if error is None else error[2] * 100 + error[3], attributes)


async def _ask(port: int, request: bytes) -> Answer:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(("127.0.0.1", port))
        await loop.sock_sendall(sock, request)
        async with asyncio.timeout(PATIENCE_S):
            return _parse(await loop.sock_recv(sock, 2048))


async def allocate(port: int, username: str, password: str) -> Answer:
    """Ask for an allocation with long-term credentials (RFC 8489 §9.2), from one socket."""
    transport = _attribute(_REQUESTED_TRANSPORT, _UDP)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(("127.0.0.1", port))
        async with asyncio.timeout(PATIENCE_S):
            await loop.sock_sendall(sock, _message(transport, None))
            challenge = _parse(await loop.sock_recv(sock, 2048))
            assert challenge.error == 401
            realm, nonce = challenge.attributes[_REALM], challenge.attributes[_NONCE]
            key = hashlib.md5(b":".join((username.encode(), realm, password.encode()))).digest()
            who = _attribute(_USERNAME, username.encode())
            where = _attribute(_REALM, realm) + _attribute(_NONCE, nonce)
            await loop.sock_sendall(sock, _message(transport + who + where, key))
            return _parse(await loop.sock_recv(sock, 2048))


@contextlib.asynccontextmanager
async def running_coturn(folder: Path, secret: str) -> AsyncIterator[int]:
    """coturn on a free loopback port, with time-limited credentials; yields the port."""
    port = free_port()
    settings = {
        "listening-ip": "127.0.0.1",
        "relay-ip": "127.0.0.1",
        "listening-port": str(port),
        "realm": REALM,
        "static-auth-secret": secret,
        "pidfile": str(folder / "turn.pid"),
        "userdb": str(folder / "turn.db"),
        "log-file": str(folder / "turn.log"),
    }
    switches = (
        "use-auth-secret", "fingerprint", "no-cli", "no-tls", "no-dtls", "no-multicast-peers",
        "allow-loopback-peers", "simple-log",
    )  # fmt: skip
    config = folder / "turnserver.conf"
    config.write_text("\n".join([*switches, *(f"{k}={v}" for k, v in settings.items()), ""]))
    process = subprocess.Popen(
        ["turnserver", "-c", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        await _wait_until_it_answers(port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _wait_until_it_answers(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                async with asyncio.timeout(0.2):
                    await _ask(port, _message(_attribute(_REQUESTED_TRANSPORT, _UDP), None))
            except (TimeoutError, ConnectionRefusedError):
                await asyncio.sleep(0.05)
            else:
                return
