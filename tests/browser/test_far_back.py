"""A long conversation: to what was said long ago, and back to the latest."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import Arrive
from tests.support.person import Person
from tests.support.server import ParlorServer
from tests.support.team import Team, team_at

LINES = 300
FIRST, LAST = "Where it all began", "Do you remember?"


async def _long_talk(team: Team) -> int:
    """Ada says FIRST, which is pinned, LINES others, and LAST, which answers FIRST: whose seq."""
    for account in ("ada", "zoe"):
        await team.account(account, account.title())
    await team.gather("ada", ["zoe"])
    first: int = (await team.act("ada", "messages", text=FIRST))["event"]["seq"]
    await team.act("ada", f"events/{first}/pin")
    for number in range(LINES):
        await team.act("ada", "messages", text=f"line {number}")
    await team.act("ada", "messages", text=LAST, reply_to=first)
    return first


def _said(person: Person, text: str) -> Locator:
    """The message itself, not where it is quoted."""
    article = person.messages.get_by_role("article")
    return article.filter(has_text=re.compile(text)).filter(has_not=_quote(person)).first


def _quote(person: Person) -> Locator:
    return person.page.get_by_role("button", name=re.compile("^Go to the message of Ada"))


async def _comes_back(zoe: Person) -> None:
    await expect(_said(zoe, FIRST)).to_be_in_viewport()
    await expect(zoe.messages.get_by_text(LAST, exact=True)).not_to_be_in_viewport()
    await zoe.button(re.compile("^Jump to latest")).click()
    await expect(zoe.messages.get_by_text(LAST, exact=True)).to_be_in_viewport()
    await expect(zoe.button(re.compile("^Jump to latest"))).to_have_count(0)


async def test_what_was_said_long_ago_is_a_press_away_and_so_is_the_latest(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Memories") as team:
        first = await _long_talk(team)
        zoe = await arrive(browser, "zoe", "Zoe", size)
        await zoe.sign_in()
        await zoe.is_in()
        await zoe.open_conversation("Memories")
        # She has read none of it, so that is where it opens.
        await zoe.button(re.compile("^Jump to latest")).click()
        await expect(zoe.messages.get_by_text(LAST, exact=True)).to_be_in_viewport()
        await expect(zoe.messages.get_by_text(f"line {LINES // 2}", exact=True)).to_have_count(0)

        await _quote(zoe).click()
        await _comes_back(zoe)
        bar = zoe.page.get_by_role("region", name="Pinned messages")
        await bar.get_by_role("button", name=re.compile(FIRST)).click()
        await _comes_back(zoe)
        # A link to it, as somebody may be sent one.
        with zoe.watcher.leaving():
            await zoe.page.goto(f"/c/{team.id}?seq={first}")
        await _comes_back(zoe)
        # What comes in meanwhile does not move the view, and is counted.
        await _quote(zoe).click()
        await expect(_said(zoe, FIRST)).to_be_in_viewport()
        await team.act("ada", "messages", text="Are you still up there?")
        jump = zoe.button("Jump to latest, 1 new message")
        await expect(jump).to_be_visible()
        await expect(_said(zoe, FIRST)).to_be_in_viewport()
        await jump.click()
        newest = zoe.messages.get_by_text("Are you still up there?", exact=True)
        await expect(newest).to_be_in_viewport()
        # Where nothing is, it is said.
        with zoe.watcher.leaving():
            await zoe.page.goto(f"/c/{team.id}?seq=9999")
        await expect(zoe.page.get_by_text("That message does not exist.")).to_be_visible()
