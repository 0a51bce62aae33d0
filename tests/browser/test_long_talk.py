"""A conversation of 100,000 messages: opened where reading stopped, and gone through."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import Arrive
from tests.support.filled import fill
from tests.support.person import Person
from tests.support.server import ParlorServer
from tests.support.team import Team, team_at

COUNT = 100_000
READ = 90_000
MOST_DRAWN = 150
LATEST = re.compile("^Jump to latest")


def _message(person: Person, number: int) -> Locator:
    return person.messages.get_by_text(f"message {number}", exact=True)


async def _position(team: Team) -> int:
    """How many of the messages Ada has read, as the server knows."""
    row = await team.ask("ada", "GET", f"/conversations/{team.id}")
    return int(row["conversation"]["read_seq"]) - 1


async def _scroll_until(person: Person, step: int, wanted: Locator) -> None:
    """By the wheel, as pages come; what is drawn stays few."""
    await person.messages.hover()
    for _ in range(200):
        if await wanted.count() and await wanted.is_visible():
            return
        await person.page.mouse.wheel(0, step)
        await person.page.evaluate("() => new Promise(requestAnimationFrame)")
        assert await person.messages.get_by_role("article").count() <= MOST_DRAWN
    await expect(wanted).to_be_visible()


async def test_a_long_conversation_opens_where_reading_stopped_and_leads_anywhere(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Long talk") as team:
        for account in ("ada", "zoe"):
            await team.account(account, account.title())
        await team.gather("ada", ["zoe"])
        await server.stop()
        fill(server.data, team.id, team.ids["zoe"], COUNT, READ)
        await server.start()
        ada = await arrive(browser, "ada", "Ada", size)
        await ada.sign_in()
        await ada.is_in()
        await ada.open_conversation("Long talk")

        # It stands at the line, and what was shown is read, not what is further down.
        await expect(ada.messages.get_by_role("separator")).to_have_text("New messages")
        await expect(_message(ada, READ)).to_be_in_viewport()
        await expect(ada.button("Jump to latest, 1000+ new messages")).to_be_visible()
        await _scroll_until(ada, 600, _message(ada, READ + 120))
        await expect(_message(ada, READ - 1)).to_have_count(0)
        assert await _position(team) < READ + 200

        # The latest, at once; everything is read then.
        await ada.button(LATEST).click()
        await expect(_message(ada, COUNT - 1)).to_be_in_viewport()
        await expect(ada.button(LATEST)).to_have_count(0)

        # Up by the wheel, some pages.
        await _scroll_until(ada, -1_500, _message(ada, COUNT - 250))

        # The first message by its address; what is said meanwhile waits below.
        with ada.watcher.leaving():
            await ada.page.goto(f"/c/{team.id}?seq=2")
        await expect(_message(ada, 0)).to_be_in_viewport()
        assert await _position(team) == COUNT
        await team.act("zoe", "messages", text="Still up there?")
        await expect(ada.button("Jump to latest, 1 new message")).to_be_visible()
        await expect(_message(ada, 0)).to_be_in_viewport()
        await _scroll_until(ada, 600, _message(ada, 150))
        await ada.button(LATEST).click()
        await expect(ada.messages.get_by_text("Still up there?")).to_be_in_viewport()
        await ada.say("No, here I am.")
        await ada.sees("Still up there?")
