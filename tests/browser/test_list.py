"""The conversation list: arranged by its menu, filtered, searched, and telling what goes on."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import Arrive
from tests.support.finger import rest_on
from tests.support.person import Person


async def _friends(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> tuple[Person, Person, Person]:
    """Ada has written with both; Zoe's conversation is the newer one."""
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    zoe = await arrive(browser, "zoe", "Zoë Müller", size)
    await asyncio.gather(*(person.sign_up() for person in (ada, ming, zoe)))
    for other in (ming, zoe):
        await ada.open_chat_with(other)
        await ada.say(f"hello {other.account}")
        await ada.go_to("Chats")
    return ada, ming, zoe


def _rows(person: Person) -> Locator:
    return person.page.get_by_role("region", name="Conversations").get_by_role("link")


async def _pick(person: Person, title: str, act: str) -> None:
    await person.row(title).click(button="right")
    await person.page.get_by_role("menuitem", name=act, exact=True).click()


async def test_a_pinned_conversation_stays_on_top_when_others_are_newer(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming, zoe = await _friends(arrive, browser, size)
    await expect(_rows(ada).first).to_contain_text(zoe.name)
    await _pick(ada, ming.name, "Pin to the top")
    await expect(_rows(ada).first).to_contain_text(ming.name)
    await zoe.open_conversation(ada.name)
    await zoe.say("news")
    await expect(ada.row(zoe.name)).to_contain_text("news")
    await expect(_rows(ada).first).to_contain_text(ming.name)
    await _pick(ada, ming.name, "Unpin")
    await expect(_rows(ada).first).to_contain_text(zoe.name)


async def test_a_finger_that_rests_on_a_row_opens_its_menu_and_not_the_conversation(
    arrive: Arrive, browser: Browser
) -> None:
    ada, ming, _zoe = await _friends(arrive, browser, {"width": 390, "height": 844})
    await rest_on(ada.row(ming.name), ada.page.get_by_role("menu"))
    assert "/c/" not in ada.page.url
    await ada.page.get_by_role("menuitem", name="Pin to the top", exact=True).click()
    await expect(_rows(ada).first).to_contain_text(ming.name)


async def test_the_keyboard_alone_opens_the_menu_walks_it_and_comes_back(
    arrive: Arrive, browser: Browser
) -> None:
    ada, ming, _zoe = await _friends(arrive, browser, {"width": 1280, "height": 800})
    row = ada.row(ming.name)
    await row.focus()
    await ada.page.keyboard.press("Shift+F10")
    first = ada.page.get_by_role("menuitem", name="Pin to the top")
    await expect(first).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await expect(row).to_be_focused()
    await ada.page.keyboard.press("Tab")
    await expect(ada.button(f"Actions for {ming.name}")).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await expect(first).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await expect(row.get_by_role("img", name="Pinned")).to_be_visible()


async def test_muted_hidden_and_marked_rows_say_so(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming, zoe = await _friends(arrive, browser, size)
    await _pick(ada, ming.name, "Mute")
    await expect(ada.row(ming.name).get_by_role("img", name="Muted")).to_be_visible()
    await _pick(ada, ming.name, "Mark as unread")
    await expect(ada.row(ming.name).get_by_text("Marked as unread")).to_be_attached()
    await ada.open_conversation(ming.name)
    await ada.go_to("Chats")
    await expect(ada.row(ming.name).get_by_text("Marked as unread")).to_have_count(0)

    await _pick(ada, zoe.name, "Remove from the list")
    await expect(ada.row(zoe.name)).to_have_count(0)
    await ada.button("Undo").click()
    await expect(ada.row(zoe.name)).to_be_visible()
    await _pick(ada, zoe.name, "Remove from the list")
    await ada.page.get_by_role("textbox", name="Search people, groups, messages").fill("zoë")
    people = ada.page.get_by_role("region", name="People")
    await expect(people.get_by_role("link", name=re.compile(zoe.name))).to_be_visible()
    await ada.button("Clear search").click()
    await expect(ada.row(zoe.name)).to_have_count(0)
    await zoe.open_conversation(ada.name)
    await zoe.say("still there?")
    await expect(ada.row(zoe.name)).to_contain_text("still there?")


async def test_the_list_shows_only_what_is_unread_when_asked(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming, zoe = await _friends(arrive, browser, size)
    await ming.open_conversation(ada.name)
    await ming.say("unread by Ada")
    await expect(ada.row(ming.name)).to_contain_text("unread by Ada")
    await ada.page.get_by_role("group", name="Show").get_by_role("button", name="Unread").click()
    await expect(ada.row(ming.name)).to_be_visible()
    await expect(ada.row(zoe.name)).to_have_count(0)
    await _pick(ada, ming.name, "Mark as read")
    await expect(ada.page.get_by_text("Nothing unread")).to_be_visible()
    await ada.button("Show all").click()
    await expect(_rows(ada)).to_have_count(2)


async def test_a_draft_is_shown_in_its_row_until_it_is_sent(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming, _zoe = await _friends(arrive, browser, size)
    await ada.open_conversation(ming.name)
    await ada.composer.fill("not yet")
    await ada.go_to("Chats")
    if size["width"] > 640:
        await ada.open_conversation("Zoë Müller")
    await expect(ada.row(ming.name)).to_contain_text(re.compile("Draft.*not yet"))
    await ada.open_conversation(ming.name)
    await expect(ada.composer).to_have_value("not yet")


async def test_who_is_there_and_who_types_shows_in_the_row(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming, _zoe = await _friends(arrive, browser, size)
    await expect(ada.row(ming.name).get_by_text("Online")).to_be_attached()
    await ming.open_conversation(ada.name)
    for letter in "good day":
        await ming.composer.press_sequentially(letter)
        if await ada.row(ming.name).get_by_text("typing…").count():
            break
        await ming.page.wait_for_timeout(300)
    else:
        pytest.fail("nobody was seen typing")
    await ming.composer.fill("good day")
    await ming.composer.press("Enter")
    await expect(ada.row(ming.name).get_by_text("typing…")).to_have_count(0)
    with ming.watcher.leaving():
        await ming.page.close()
    await expect(ada.row(ming.name).get_by_text("Online")).to_have_count(0)
