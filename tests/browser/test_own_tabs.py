"""Two tabs of one person agree; nothing is lost without a network, or with a tab that is closed."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.support.person import PATIENCE_MS, Person
from tests.support.server import ParlorServer


async def _second_tab(person: Person) -> Person:
    page = await person.page.context.new_page()
    await page.goto("/")
    tab = Person(person.account, person.name, page, person.watcher)
    await tab.is_in()
    return tab


async def _can_start_offline(person: Person) -> None:
    """The service worker has the app and answers for this page."""
    worker = "navigator.serviceWorker.controller?.state === 'activated'"
    while not await person.page.evaluate(worker):
        await person.page.wait_for_timeout(100)


async def _pair(arrive: Arrive, browser: Browser, size: dict[str, int]) -> tuple[Person, Person]:
    ada = await arrive(browser, "ada", "Ada Lovelace", size, offline=True)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ming.open_chat_with(ada)
    await ming.say("first")
    await ming.say("second")
    return ada, ming


async def test_two_tabs_agree_on_settings_drafts_reads_and_pins(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming = await _pair(arrive, browser, size)
    other = await _second_tab(ada)
    for tab in (ada, other):
        await expect(tab.row(ming.name).get_by_text("2 unread messages")).to_be_attached()

    await ada.row(ming.name).click(button="right")
    await ada.page.get_by_role("menuitem", name="Pin to the top").click()
    await other.row(ming.name).click(button="right")
    await expect(other.page.get_by_role("menuitem", name="Unpin")).to_be_visible()
    await other.page.keyboard.press("Escape")

    await ada.open_conversation(ming.name)
    await expect(other.row(ming.name).get_by_text("unread")).to_have_count(0)
    await expect(other.row(ming.name).get_by_role("img", name="Pinned")).to_be_visible()

    await ada.composer.fill("half a thought")
    await expect(other.row(ming.name)).to_contain_text(re.compile("Draft.*half a thought"))
    await ada.composer.fill("")
    await expect(other.row(ming.name)).to_contain_text("second")

    await ada.go_to("Settings")
    await ada.page.get_by_role("radio", name="Dark").check(force=True)
    await expect(other.page.locator("html")).to_have_attribute("data-theme", "dark")
    await ada.page.get_by_role("radio", name="中文").check(force=True)
    await expect(other.page.get_by_role("navigation", name="主导航")).to_be_visible()
    device = await arrive(browser, "ada", "Ada Lovelace", size)
    await device.sign_in()
    # And another device, when it comes.
    await expect(device.page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_without_a_server_a_reload_shows_all_and_what_is_written_is_sent_once(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    ada, ming = await _pair(arrive, browser, size)
    await ada.open_conversation(ming.name)
    await ada.sees("second")
    await _can_start_offline(ada)
    with ada.watcher.server_down(reloading=ada.page.url), ming.watcher.server_down():
        await server.kill()
        await ada.reload()
        await ada.sees("first")
        await ada.sees("second")
        await ada.say("written without a server")
        await ada.go_to("Chats")
        await expect(ada.row(ming.name)).to_be_visible()
        await ada.row(ming.name).click(button="right")
        await ada.page.get_by_role("menuitem", name="Mute").click()
        await expect(ada.row(ming.name).get_by_role("img", name="Muted")).to_be_visible()
        await server.start()
        await ming.sees("written without a server")
    await expect(ada.row(ming.name).get_by_role("img", name="Muted")).to_be_visible()
    await ming.say("got it once")
    await ada.open_conversation(ming.name)
    await ada.sees("got it once")
    await ada.sees("written without a server")
    await ming.sees("written without a server")


async def test_a_conversation_with_news_is_opened_without_a_server_and_filled_when_it_is_back(
    arrive: Arrive, browser: Browser, server: ParlorServer
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", offline=True)
    ming = await arrive(browser, "xiaoming", "王小明")
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ming.open_chat_with(ada)
    await ming.say("first")
    await expect(ada.row(ming.name).get_by_text("1 unread message")).to_be_attached()
    address = await ada.row(ming.name).get_attribute("href")
    await _can_start_offline(ada)
    with ada.watcher.leaving():
        await ada.page.goto("about:blank")
    await ming.say("second")
    url = f"{server.url}{address}"
    with ada.watcher.server_down(reloading=url), ming.watcher.server_down():
        await server.kill()
        await ada.page.goto(url)
        await ada.sees("first")
        # A page that goes round and round answers nothing.
        assert await asyncio.wait_for(ada.page.evaluate("1 + 1"), PATIENCE_MS / 1000) == 2
        await server.start()
        await ada.sees("second")


async def test_a_tab_that_is_closed_while_sending_loses_nothing(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    ada, ming = await _pair(arrive, browser, size)
    await ada.open_conversation(ming.name)
    await _can_start_offline(ada)
    with ada.watcher.server_down(), ming.watcher.server_down():
        await server.kill()
        await ada.say("one")
        await ada.say("two")
        context = ada.page.context
        with ada.watcher.leaving():
            await ada.page.close()
        await server.start()
        again = Person(ada.account, ada.name, await context.new_page(), ada.watcher)
        await again.page.goto("/")
        await ming.sees("one")
        await ming.sees("two")
    await again.open_conversation(ming.name)
    await again.sees("one")
    await again.sees("two")
