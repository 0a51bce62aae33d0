"""Two people write to each other, and a server that dies does not stop them."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.support.person import Person, write
from tests.support.server import ParlorServer

TEXTS = (
    "Hello 小明! Did you get my letter? 👋🏽",
    "收到了，谢谢你！今天一起吃饭吗？🥟🎉",
    "Yes! 七点见 — see https://example.org/map",
)


async def _shown(person: Person) -> list[str]:
    """The texts of all messages, in the order in which they stand."""
    articles = person.messages.get_by_role("article")
    return [line.strip() for line in await articles.locator("[dir=auto]").all_text_contents()]


async def test_two_people_chat_and_a_killed_server_loses_nothing(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())

    await ada.open_chat_with(ming)
    await ada.say(TEXTS[0])
    await ming.open_conversation(ada.name)
    await ming.sees(TEXTS[0])
    await ming.say(TEXTS[1])
    await ada.sees(TEXTS[1])
    await ada.say(TEXTS[2])
    await ming.messages.get_by_role("link", name="https://example.org/map").wait_for()

    for person in (ada, ming):
        await person.page.evaluate("window.notReloaded = true")
    with ada.watcher.server_down(), ming.watcher.server_down():
        await server.kill()
        for person in (ada, ming):
            await expect(person.page.get_by_text("Reconnecting…")).to_be_visible()
        await ming.say("还在吗？（服务器不在）")
        await server.start()
        for person in (ada, ming):
            await expect(person.page.get_by_text("Reconnecting…")).to_be_hidden(timeout=30_000)

    await ada.sees("还在吗？（服务器不在）")
    await ada.say("在的 ✅")
    await ming.sees("在的 ✅")
    told = [*TEXTS, "还在吗？（服务器不在）", "在的 ✅"]
    assert await _shown(ada) == await _shown(ming) == told
    for person in (ada, ming):
        assert await person.page.evaluate("window.notReloaded") is True


async def test_unread_messages_are_counted_and_reading_clears_them(
    arrive: Arrive, browser: Browser
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace")
    ming = await arrive(browser, "xiaoming", "王小明")
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("one")
    await ada.say("two")
    await expect(ming.row(ada.name).get_by_text("2 unread messages")).to_be_attached()
    await expect(ming.page).to_have_title("(2) Parlor")
    await ming.open_conversation(ada.name)
    await expect(ming.row(ada.name).get_by_text("unread")).to_have_count(0)


async def test_three_people_in_a_group(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    zoe = await arrive(browser, "zoe", "Zoë Müller", size)
    people = (ada, ming, zoe)
    await asyncio.gather(*(person.sign_up() for person in people))

    await ada.button("New group").first.click()
    dialog = ada.page.get_by_role("dialog", name="New group")
    await write(dialog.get_by_label("Group name"), "周五 🍕 Friday")
    for other in (ming, zoe):
        await write(dialog.get_by_role("textbox", name="Add people"), other.account)
        await dialog.get_by_role("checkbox", name=other.name).click()
    await dialog.get_by_role("button", name="Create group").click()
    await expect(dialog).to_be_hidden()

    await asyncio.gather(*(other.open_conversation("周五 🍕 Friday") for other in (ming, zoe)))
    for person in people:
        await person.say(f"{person.name} 来了")
    for person in people:
        for other in people:
            await person.sees(f"{other.name} 来了")
    assert await _shown(ada) == await _shown(ming) == await _shown(zoe)
