"""Marks that come and go by themselves: of a mention in the list, of a message that disappears."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.person import Person
from tests.support.server import ParlorServer
from tests.support.team import Team, team_at

GONE = "This message has disappeared"


async def _both(
    arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]
) -> tuple[Person, Person]:
    """Ada and Zoe, in one group and looking at their lists."""
    for account in ("ada", "zoe"):
        await team.account(account, account.title())
    await team.gather("ada", ["zoe"])
    ada, zoe = await asyncio.gather(
        *(arrive(browser, account, account.title(), size) for account in ("ada", "zoe"))
    )
    for person in (ada, zoe):
        await person.sign_in()
        await person.row(team.title).wait_for()
    return ada, zoe


async def test_the_list_marks_a_mention_until_it_is_read(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Team") as team:
        ada, zoe = await _both(arrive, browser, team, size)
        mark = zoe.row("Team").get_by_role("img", name="You are mentioned")
        await team.act("ada", "messages", text="Good morning")
        await expect(zoe.row("Team").get_by_text("1 unread message")).to_be_attached()
        await expect(mark).to_have_count(0)
        await team.act("ada", "messages", text="@Zoe have a look", mentions=[team.ids["zoe"]])
        await team.act("ada", "messages", text="please")
        await expect(mark).to_be_visible()
        await check_screen(zoe.page, "mentioned")
        await expect(ada.row("Team").get_by_role("img", name="You are mentioned")).to_have_count(0)
        await zoe.reload()
        await expect(mark).to_be_visible()
        await zoe.open_conversation("Team")
        await zoe.sees("please")
        await zoe.go_to("Chats")
        await expect(mark).to_have_count(0)
        await expect(zoe.row("Team").get_by_text("unread")).to_have_count(0)

        await zoe.go_to("Contacts")
        await zoe.go_to("Chats")
        if size["width"] > 640:
            with zoe.watcher.leaving():
                await zoe.page.goto("/")
        await team.act("ada", "messages", text="@all lunch", mentions_all=True)
        await expect(mark).to_be_visible()
        await zoe.row("Team").click(button="right")
        await zoe.page.get_by_role("menuitem", name="Mark as read").click()
        await expect(mark).to_have_count(0)


async def test_an_expiring_message_disappears_wherever_it_stood(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Team") as team:
        ada, zoe = await _both(arrive, browser, team, size)
        await zoe.open_conversation("Team")
        await ada.row("Team").wait_for()
        # Longer when a browser was too slow to show it before it was gone.
        for seconds in (5, 20, 60):
            text = f"The code is {seconds}"
            await team.act("ada", "messages", text=text, expires_in_s=seconds)
            shown = zoe.messages.get_by_text(text, exact=True)
            await expect(shown.or_(zoe.messages.get_by_text(GONE)).last).to_be_visible()
            if await shown.count():
                break
        await expect(zoe.messages.get_by_text(GONE).last).to_be_visible()
        await expect(zoe.messages.get_by_text(text, exact=True)).to_have_count(0)
        await expect(ada.row("Team")).to_contain_text(GONE)
        await expect(ada.row("Team")).not_to_contain_text(text)
        await check_screen(zoe.page, "gone")
        await zoe.reload()
        await expect(zoe.messages.get_by_text(GONE).last).to_be_visible()
        await expect(zoe.messages.get_by_text(re.compile("The code is"))).to_have_count(0)
