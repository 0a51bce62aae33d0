"""A customer's own backend: keys of every kind, the tokens it signs, its answers over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

AUDIENCE = "parlor.test"
ISSUER = "https://shop.test"
SECRET = "a secret of the shop: 32 bytes at least"
ASYMMETRIC = ("RS256", "ES256", "EdDSA")
_JWK_OF: dict[str, Any] = {
    "RS256": jwt.algorithms.RSAAlgorithm,
    "ES256": jwt.algorithms.ECAlgorithm,
    "EdDSA": jwt.algorithms.OKPAlgorithm,
}


@cache
def private_key(algorithm: str, number: int = 0) -> Any:
    """One real key each; making an RSA key costs a tenth of a second, so they are kept."""
    match algorithm:
        case "HS256":
            return SECRET
        case "RS256":
            return rsa.generate_private_key(65537, 2048)
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
    raise LookupError(algorithm)


def public_pem(algorithm: str, number: int = 0) -> bytes:
    pem: bytes = (
        private_key(algorithm, number)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return pem


def private_pem(algorithm: str, number: int = 0) -> bytes:
    pem: bytes = private_key(algorithm, number).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return pem


def public_jwk(algorithm: str, kid: str, number: int = 0) -> dict[str, Any]:
    public = private_key(algorithm, number).public_key()
    entry: dict[str, Any] = _JWK_OF[algorithm].to_jwk(public, as_dict=True)
    return {**entry, "kid": kid, "use": "sig", "alg": algorithm}


def mint(
    sub: str = "ann",
    algorithm: str = "HS256",
    *,
    number: int = 0,
    kid: str = "",
    now: float | None = None,
    lifetime_s: float = 600,
    key: Any = None,
    **claims: Any,
) -> str:
    """A token as the shop makes it; a claim that is None is left out."""
    # As fine as the clock of the server, which has milliseconds.
    issued = time.time_ns() // 1_000_000 / 1000 if now is None else now
    payload = {
        "sub": sub,
        "aud": AUDIENCE,
        "iss": ISSUER,
        "iat": issued,
        "exp": issued + lifetime_s,
        **claims,
    }
    return jwt.encode(
        {name: value for name, value in payload.items() if value is not None},
        key or private_key(algorithm, number),
        algorithm,
        headers={"kid": kid} if kid else None,
    )


def write_key(folder: Path, algorithm: str) -> Path:
    file = folder / f"{algorithm}.key"
    content = SECRET.encode() if algorithm == "HS256" else public_pem(algorithm)
    file.write_bytes(content)
    return file


@dataclass
class Backend:
    """The shop's web server: `/keys` publishes `jwks`, `/who` tells who holds a token.

    `down` makes it answer 500, `late_s` makes it slow; `raw`, when set, is the whole body.
    """

    port: int = 0
    jwks: list[dict[str, Any]] = field(default_factory=list)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    raw: bytes | None = None
    down: bool = False
    late_s: float = 0.0
    fetches: int = 0
    asked: list[str] = field(default_factory=list)
    unsigned: int = 0

    @property
    def jwks_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/keys"

    @property
    def callback_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/who"

    async def keys(self, request: web.Request) -> web.Response:
        self.fetches += 1
        return await self._answer(json.dumps({"keys": self.jwks}).encode())

    async def who(self, request: web.Request) -> web.Response:
        body = await request.read()
        token = json.loads(body)["token"]
        self.asked.append(token)
        at, _, mac = request.headers["Parlor-Signature"].removeprefix("t=").partition(",v1=")
        signed = hmac.digest(SECRET.encode(), f"{at}.".encode() + body, "sha256").hex()
        self.unsigned += mac != signed or abs(int(at) - time.time()) > 60
        user = self.users.get(token)
        if user is None and self.raw is None and not self.down:
            return web.Response(status=401)
        return await self._answer(json.dumps(user).encode())

    async def _answer(self, body: bytes) -> web.Response:
        await asyncio.sleep(self.late_s)
        if self.down:
            return web.Response(status=500, body=body)
        return web.Response(body=body if self.raw is None else self.raw)


@contextlib.asynccontextmanager
async def running_backend() -> AsyncIterator[Backend]:
    backend = Backend()
    app = web.Application()
    app.router.add_get("/keys", backend.keys)
    app.router.add_post("/who", backend.who)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    backend.port = runner.addresses[0][1]
    try:
        yield backend
    finally:
        await runner.cleanup()
