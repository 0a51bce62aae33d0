"""People of a running server, made over REST as a program outside would."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

PASSWORD = "correct horse battery"
PATIENCE_S = 60


class Person:
    """Somebody signed in. `rest` sends as them; `url` is the server's."""

    def __init__(self, url: str, signed_in: dict[str, Any], rest: httpx.AsyncClient) -> None:
        self.url = url
        self.id: str = signed_in["user"]["id"]
        self.token: str = signed_in["token"]
        self.refresh_token: str = signed_in["refresh_token"]
        self.rest = rest

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws"

    @property
    def tcp_url(self) -> str:
        return self.url.replace("http", "tcp", 1)

    async def post(self, path: str, body: object) -> Any:
        answer = await self.rest.post(f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        answer = await self.rest.get(f"/api/v1{path}")
        assert answer.is_success, answer.text
        return answer.json()

    async def talk_to(self, *others: Person, title: str = "") -> str:
        """The id of a conversation: direct with one other, a group with more."""
        kind = "group" if title or len(others) > 1 else "direct"
        body = {"kind": kind, "members": [other.id for other in others], "title": title or "Group"}
        made = await self.post("/conversations", body)
        conversation: str = made["conversation"]["id"]
        return conversation


async def sign_up(url: str, name: str, tls: ssl.SSLContext | None = None) -> Person:
    """Close its `rest` when done. `tls` is what to trust when the server is one of a test."""
    verify = tls or True
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, verify=verify) as anybody:
        answer = await anybody.post("/api/v1/accounts", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
    signed_in = answer.json()
    headers = {"Authorization": f"Bearer {signed_in['token']}"}
    rest = httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S, verify=verify)
    return Person(url, signed_in, rest)
