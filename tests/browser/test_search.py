"""Searching: people, groups and messages in the list and by the keyboard, messages in one chat."""

from __future__ import annotations

import asyncio
import re
import time

from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.filled import say_at
from tests.support.person import Person
from tests.support.server import ParlorServer
from tests.support.team import team_at

SAID = ["The mill burns", "会议在老磨坊", *(f"nothing {n}" for n in range(40)), "millions of stars"]
OWN = {"client_id": "own", "text": "nothing of mine"}


async def _field(person: Person) -> Locator:
    await person.go_to("Chats")
    return person.page.get_by_role("textbox", name="Search people, groups, messages")


async def test_what_was_said_is_found_in_the_list_by_the_keyboard_and_in_its_chat(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Millers") as team:
        for account in ("ada", "zoe"):
            await team.account(account, account.title())
        await team.gather("ada", ["zoe"])
        await server.stop()
        # Nobody has indexed these: the next process does.
        now = int(time.time() * 1000)
        said = [(now - 60_000 * (len(SAID) - n), text) for n, text in enumerate(SAID)]
        say_at(server.data, team.id, team.ids["zoe"], said)
        await server.start()
        await team.ask("ada", "POST", f"/conversations/{team.id}/messages", OWN)
        async with asyncio.timeout(60):
            while not (await team.ask("ada", "GET", "/search/messages?query=mine"))["hits"]:
                await asyncio.sleep(0.1)
    ada = await arrive(browser, "ada", "Ada", size)
    await ada.sign_in()
    await ada.is_in()

    # The list: each kind under its name, and a message leads to its place.
    await (await _field(ada)).fill("mill")
    groups, messages = (ada.page.get_by_role("region", name=n) for n in ("Groups", "Messages"))
    await expect(groups.get_by_role("link", name=re.compile("Millers"))).to_be_visible()
    await expect(messages.get_by_role("link")).to_have_count(2)
    await expect(messages.get_by_role("link").first).to_contain_text("millions of stars")
    await expect(messages.locator("mark")).to_have_text(["mill", "mill"])
    await check_screen(ada.page, "search in the list")
    await messages.get_by_role("link").last.click()
    await expect(ada.messages.get_by_text("The mill burns")).to_be_in_viewport()
    await (await _field(ada)).fill("nowhere")
    await expect(ada.page.get_by_text("Nothing found")).to_be_visible()
    await ada.button("Clear search").click()

    # By the keyboard, from anywhere.
    await ada.page.keyboard.press("Control+k")
    jump = ada.page.get_by_role("dialog", name="Jump to")
    await jump.get_by_role("combobox").fill("磨坊")
    found = jump.get_by_role("group", name="Messages").get_by_role("option")
    await expect(found).to_have_text(re.compile("Zoe.*会议在老磨坊"))
    await check_screen(ada.page, "jump to a message")
    await ada.page.keyboard.press("Enter")
    await expect(ada.messages.get_by_text("会议在老磨坊")).to_be_in_viewport()

    # In the chat: narrowed, then from one to the next.
    await ada.button("More").click()
    await ada.page.get_by_role("menuitem", name="Search in this chat").click()
    sheet = ada.page.get_by_role("dialog", name="Search in this chat")
    await sheet.get_by_role("textbox", name="Words to look for").fill("nothing")
    hits = sheet.get_by_role("list", name="Messages").get_by_role("button")
    await expect(hits).to_have_count(20)
    await sheet.get_by_role("button", name="Show older ones").click()
    await expect(hits).to_have_count(40)
    await sheet.get_by_label("Sender").select_option("You")
    await expect(hits).to_have_count(1)
    await check_screen(ada.page, "search in a chat")
    await sheet.get_by_label("From day").fill("2030-01-01")
    await expect(sheet.get_by_text("No message here is like that.")).to_be_visible()
    await sheet.get_by_label("From day").fill("")
    await sheet.get_by_label("Sender").select_option("Zoe")
    await expect(hits.first).to_contain_text("nothing 39")
    await hits.first.click()
    bar = ada.page.get_by_role("region", name="Search in this chat")
    await expect(ada.messages.get_by_text("nothing 39", exact=True)).to_be_in_viewport()
    for _ in range(15):
        await bar.get_by_role("button", name="Older one").click()
    await expect(ada.messages.get_by_text("nothing 24", exact=True)).to_be_in_viewport()
    await bar.get_by_role("button", name="Newer one").click()
    await expect(ada.messages.get_by_text("nothing 25", exact=True)).to_be_in_viewport()
    await check_screen(ada.page, "going through what was found")
    await bar.get_by_role("button", name="End the search").click()
    await expect(bar).to_have_count(0)

    # Without the server it says so, and asks again when it is back.
    await (await _field(ada)).fill("mill")
    await expect(messages.get_by_role("link")).to_have_count(2)
    await server.stop()
    await ada.page.get_by_role("textbox", name="Search people, groups, messages").fill("mil")
    await expect(messages.get_by_role("alert")).to_be_visible()
    await server.start()
    await expect(messages.get_by_role("link")).to_have_count(2)
