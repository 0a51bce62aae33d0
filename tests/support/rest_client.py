"""An HTTP client that talks to the application in this process, as from any address."""

from __future__ import annotations

from pathlib import Path

import httpx

from parlor.api.app import build_app
from parlor.api.services import Services
from parlor.api.settings import HttpSettings

NO_WEBAPP = Path("/nonexistent/webapp")
BASE = "http://parlor.test"


def rest_client(
    services: Services,
    settings: HttpSettings | None = None,
    *,
    address: str = "203.0.113.9",
    limit_loopback: bool = False,
    webapp: Path = NO_WEBAPP,
    headers: dict[str, str] | None = None,
) -> httpx.AsyncClient:
    app = build_app(
        services, settings or HttpSettings(), limit_loopback=limit_loopback, webapp=webapp
    )
    transport = httpx.ASGITransport(app=app, client=(address, 40_000))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def sign_up(client: httpx.AsyncClient, name: str) -> tuple[str, dict[str, str]]:
    """(user id, headers that act as this user)."""
    reply = await client.post(
        "/api/v1/accounts", json={"name": name, "password": "a long passphrase"}
    )
    assert reply.status_code == 201, reply.text
    body = reply.json()
    return body["user"]["id"], bearer(body["token"])
