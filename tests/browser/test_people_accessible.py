"""axe-core finds nothing serious on the screens of people either, light and dark."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen


async def test_the_screens_of_people_are_free_of_serious_faults(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    page = ada.page
    await ming.open_chat_with(ada)
    await ming.say("hello")
    await ada.row(ming.name).click(button="right")
    pin = page.get_by_role("menuitem", name="Pin to the top")
    await expect(pin).to_be_visible()
    await check_screen(page, "menu of a row")
    await pin.click()
    await check_screen(page, "pinned and unread")
    await page.goto("/contacts")
    await check_screen(page, "contacts")
    await page.get_by_role("link", name=re.compile(ming.name)).click()
    await expect(page.get_by_text("Not in your contacts")).to_be_visible()
    await check_screen(page, "a stranger")
    await page.get_by_role("main").get_by_role("button", name="Add contact").click()
    await check_screen(page, "greeting")
    await page.get_by_role("button", name="Send request").click()
    await ming.page.goto("/contacts/requests")
    await expect(ming.button(f"Accept {ada.name}")).to_be_visible()
    await check_screen(ming.page, "requests")
    await ming.button(f"Accept {ada.name}").click()
    await expect(page.get_by_label("Remark")).to_be_visible()
    await check_screen(page, "a contact")
    for path, words in (
        ("/contacts/blocked", "Nobody is blocked"),
        ("/settings/profile", "Everybody on this server can read it."),
        ("/settings/privacy", "Being reached"),
        ("/settings/devices", "You are signed in nowhere else."),
    ):
        await page.goto(path)
        await expect(page.get_by_text(words)).to_be_visible()
        await check_screen(page, path)
