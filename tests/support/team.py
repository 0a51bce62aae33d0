"""A group of people, each at a browser: made over the API, looked at as people look."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.async_api import Locator, expect

from tests.support.person import PASSWORD, Person

_numbers = itertools.count(1)


@dataclass
class Team:
    """What the group is to the server. `ids` are the accounts' user ids."""

    rest: httpx.AsyncClient
    title: str
    id: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    async def account(self, account: str, name: str) -> None:
        body = {"name": account, "password": PASSWORD, "display_name": name}
        made = await self.ask("", "POST", "/accounts", body)
        self.ids[account], self._tokens[account] = made["user"]["id"], made["token"]

    async def gather(self, owner: str, others: Sequence[str]) -> None:
        members = [self.ids[other] for other in others]
        body = {"kind": "group", "title": self.title, "members": members}
        made = await self.ask(owner, "POST", "/conversations", body)
        self.id = made["conversation"]["id"]

    async def act(self, account: str, act: str, **body: Any) -> Any:
        """`act` is what follows the group in the address: `role`, `update`, `mute` …"""
        client_id = f"team-{next(_numbers)}"
        path = f"/conversations/{self.id}/{act}"
        return await self.ask(account, "POST", path, {"client_id": client_id, **body})

    async def ask(self, account: str, method: str, path: str, body: object = None) -> Any:
        token = self._tokens.get(account)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = await self.rest.request(method, path, json=body, headers=headers)
        assert reply.is_success, reply.text
        return reply.json() if reply.content else None


@asynccontextmanager
async def team_at(url: str, title: str) -> AsyncIterator[Team]:
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=30) as rest:
        yield Team(rest, title)


@dataclass
class Details:
    """The details of the conversation that somebody looks at."""

    person: Person

    @property
    def pane(self) -> Locator:
        return self.person.page.get_by_role("complementary").filter(
            has=self.person.page.get_by_role("heading", level=2)
        )

    async def open(self) -> Details:
        page = self.person.page
        header = page.get_by_role("main")
        await header.get_by_role("button", name="Details", exact=True).click()
        await expect(self.pane).to_be_visible()
        return self

    async def go(self, label: str) -> None:
        """On to another page of the details, by the words of its line."""
        await self.pane.get_by_role("button", name=label).click()

    async def back(self) -> None:
        await self.pane.get_by_role("button", name="Back to details").click()

    def button(self, label: str) -> Locator:
        return self.pane.get_by_role("button", name=label, exact=True)

    def member(self, name: str) -> Locator:
        return self.pane.get_by_role("button", name=f"{name}: what you can do")

    async def choose(self, name: str, what: str) -> None:
        """Do something about a member, up to the question that may follow."""
        await self.member(name).first.click()
        sheet = self.person.page.get_by_role("dialog")
        await sheet.get_by_role("button", name=what, exact=True).click()

    async def confirm(self, label: str) -> None:
        sheet = self.person.page.get_by_role("dialog")
        await sheet.get_by_role("button", name=label, exact=True).click()
        await expect(sheet).to_have_count(0)
