"""A proxy between the browser and the server that lets no WebSocket through, until it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Arrive
from tests.support.browser import DESKTOP
from tests.support.middlebox import Middlebox, Upgrades, middlebox
from tests.support.person import Person
from tests.support.server import ParlorServer

RETURN_LIMIT_S = 45.0
"""The third try for a WebSocket comes about 30 s after the first connection over HTTP."""


@pytest.fixture
async def box(server: ParlorServer) -> AsyncIterator[Middlebox]:
    async with middlebox(server.port) as box:
        yield box


@pytest.mark.parametrize(
    ("upgrades", "holds_back"),
    [
        (Upgrades.REFUSE, False),
        (Upgrades.STRIP, False),
        (Upgrades.SWALLOW, False),
        (Upgrades.REFUSE, True),
    ],
    ids=["refused", "stripped", "swallowed", "refused-and-held-back"],
)
async def test_the_app_works_without_websocket_and_returns_to_it_by_itself(
    arrive: Arrive,
    browser: Browser,
    box: Middlebox,
    upgrades: Upgrades,
    holds_back: bool,
) -> None:
    box.upgrades, box.holds_back = upgrades, holds_back
    bob = await arrive(browser, "bob", "Bob")
    await bob.sign_up()
    ada = await Person.arrive(browser, box.url, "ada", "Ada", size=DESKTOP)
    with ada.watcher.websocket_blocked():
        await ada.sign_up()
        await ada.open_chat_with(bob)
        await ada.say("hello")
        await bob.open_conversation("Ada")
        await _talk(ada, bob, "before")
        assert box.tunnels == 0
        down = [asked.partition("?")[2] for asked in box.asked if "/http/events" in asked]
        assert any("poll=1" in query for query in down) is holds_back
        box.upgrades = Upgrades.PASS
        async with asyncio.timeout(RETURN_LIMIT_S):
            while not box.tunnels:
                await asyncio.sleep(0.1)
        # The line that was given up is closed a little later.
        async with asyncio.timeout(10):
            while not any(asked.startswith("POST /http/close") for asked in box.asked):
                await asyncio.sleep(0.1)
    await _talk(ada, bob, "after")
    assert box.tunnels == 1
    ada.watcher.check()
    await ada.page.context.close()


async def _talk(ada: Person, bob: Person, when: str) -> None:
    """In turn; in the end both see everything once, in order."""
    said = []
    for number in range(4):
        speaker, name = ((ada, "ada"), (bob, "bob"))[number % 2]
        text = f"{when} {name} {number}"
        await speaker.say(text)
        said.append(text)
        await (bob if speaker is ada else ada).sees(text)
    for person in (ada, bob):
        shown = (await person.messages.inner_text()).splitlines()
        assert [line for line in shown if line in said] == said
