"""What people do with messages that are there, as each of them sees it at once."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.finger import pull, rest_on
from tests.support.person import PATIENCE_MS, Person
from tests.support.stage import choose, message, offered, open_menu, sheet

Two = tuple[Person, Person]


@pytest.fixture
async def two(arrive: Arrive, browser: Browser, size: dict[str, int]) -> Two:
    """Ada and 小明 in their conversation."""
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("今天几点见?")
    await ming.open_conversation(ada.name)
    await ming.sees("今天几点见?")
    return ada, ming


async def test_an_answer_quotes_its_message_and_leads_to_it(two: Two) -> None:
    ada, ming = two
    for number in range(30):
        await ada.say(f"line {number}")
    await ming.sees("line 29")
    # Far up: by the wheel's way, not by a link.
    first = ming.messages.get_by_text("今天几点见?", exact=True)
    await ming.messages.evaluate("box => box.scrollTo(0, 0)")
    await choose(ming, "今天几点见?", "Reply")
    await expect(ming.page.get_by_text("Reply to Ada Lovelace")).to_be_visible()
    await expect(ming.composer).to_be_focused()
    await ming.composer.fill("七点")
    await ming.composer.press("Enter")
    await expect(message(ming, "七点")).to_be_visible()
    quote = ming.button(re.compile("^Go to the message of Ada Lovelace: 今天几点见"))
    await expect(quote).to_be_visible()
    await quote.click()
    await expect(first.first).to_be_in_viewport()
    seen = ada.button(re.compile("^Go to the message of You: 今天几点见"))
    await seen.click()
    await expect(ada.messages.get_by_text("今天几点见?", exact=True).first).to_be_in_viewport()


async def test_an_edit_shows_on_both_sides_with_what_was_said_before(two: Two) -> None:
    ada, ming = two
    await choose(ada, "今天几点见?", "Edit")
    await expect(ada.composer).to_have_value("今天几点见?")
    await ada.composer.fill("明天几点见?")
    await ada.composer.press("Enter")
    for person in two:
        await person.sees("明天几点见?")
        await expect(person.messages.get_by_text("今天几点见?")).to_have_count(0)
        await message(person, "明天几点见?").get_by_role("button", name="edited").click()
        history = sheet(person, "What this message has said")
        await expect(history.get_by_text("今天几点见?")).to_be_visible()
        await expect(history.get_by_text("明天几点见?")).to_be_visible()
        await check_screen(person.page, "history")
        await person.page.keyboard.press("Escape")
        await expect(history).to_be_hidden()
    assert "Edit" not in await offered(ming, "明天几点见?")
    # The arrow key in an empty composer edits the last one.
    await ada.composer.press("ArrowUp")
    await expect(ada.composer).to_have_value("明天几点见?")
    await ada.composer.press("Escape")
    await expect(ada.composer).to_have_value("")


async def test_a_message_taken_back_is_gone_and_can_be_written_again(two: Two) -> None:
    ada, ming = two
    await choose(ada, "今天几点见?", "Take back")
    await expect(ada.messages.get_by_text("You took back a message")).to_be_visible()
    await expect(ming.messages.get_by_text("Ada Lovelace took back a message")).to_be_visible()
    for person in two:
        await expect(person.messages.get_by_text("今天几点见?")).to_have_count(0)
    await expect(ming.button("Edit again")).to_have_count(0)
    await ada.button("Edit again").click()
    await expect(ada.composer).to_have_value("今天几点见?")


async def test_reactions_are_counted_and_taken_back(two: Two) -> None:
    ada, ming = two
    menu = await open_menu(ming, "今天几点见?")
    await check_screen(ming.page, "message menu")
    await menu.get_by_role("menuitem", name="React with 👍").click()
    chip = message(ada, "今天几点见?").get_by_role("button", name=re.compile("^👍"))
    await expect(chip).to_have_accessible_name("👍, 1 person: 王小明")
    await chip.click()
    await expect(chip).to_have_attribute("aria-pressed", "true")
    other = message(ming, "今天几点见?").get_by_role("button", name=re.compile("^👍"))
    await expect(other).to_have_accessible_name(re.compile("^👍, 2 people"))
    await check_screen(ming.page, "reactions")
    await choose(ming, "今天几点见?", "Who reacted")
    who = sheet(ming, "Who reacted")
    for person in two:
        await expect(who.get_by_text(person.name)).to_be_visible()
    await ming.page.keyboard.press("Escape")
    await chip.click()
    await expect(other).to_have_accessible_name(re.compile("^👍, 1 person"))
    # Any other emoji, found by its name.
    menu = await open_menu(ada, "今天几点见?")
    await menu.get_by_role("menuitem", name="More emoji").click()
    await ada.page.get_by_role("textbox", name="Search emoji").fill("rocket")
    await ada.button(re.compile("^🚀")).click()
    await expect(
        message(ming, "今天几点见?").get_by_role("button", name=re.compile("^🚀"))
    ).to_be_visible()


async def test_a_pinned_message_stands_above_until_it_is_unpinned(two: Two) -> None:
    ada, ming = two
    await choose(ming, "今天几点见?", "Pin")
    for person in two:
        bar = person.page.get_by_role("region", name="Pinned messages")
        await expect(bar.get_by_text("今天几点见?")).to_be_visible()
    await check_screen(ada.page, "pinned bar")
    bar = ada.page.get_by_role("region", name="Pinned messages")
    await bar.get_by_role("button", name="Show the pinned message").click()
    pins = sheet(ada, "Pinned messages")
    await pins.get_by_role("button", name="Unpin").click()
    await expect(pins.get_by_text("Nothing is pinned here.")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ming.page.get_by_role("region", name="Pinned messages")).to_have_count(0)


async def test_a_star_is_ones_own(two: Two) -> None:
    ada, ming = two
    await choose(ming, "今天几点见?", "Star")
    await expect(message(ming, "今天几点见?").get_by_role("img", name="Starred")).to_be_visible()
    await ming.button("More").click()
    await ming.page.get_by_role("menuitem", name="Starred messages").click()
    stars = sheet(ming, "Starred messages")
    await expect(stars.get_by_text("今天几点见?")).to_be_visible()
    await stars.get_by_role("button", name="Remove star").click()
    await expect(stars.get_by_text("You have starred nothing yet.")).to_be_visible()
    await ming.page.keyboard.press("Escape")
    await expect(message(ada, "今天几点见?").get_by_role("img", name="Starred")).to_have_count(0)


async def test_what_a_message_says_can_be_copied(two: Two) -> None:
    ada, _ = two
    await ada.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await choose(ada, "今天几点见?", "Copy")
    await expect(ada.page.get_by_text("Copied")).to_be_visible()
    assert await ada.page.evaluate("navigator.clipboard.readText()") == "今天几点见?"


async def test_a_finger_that_rests_on_a_message_opens_its_menu(
    two: Two, size: dict[str, int]
) -> None:
    if size["width"] > 640:
        await message(two[0], "今天几点见?").get_by_text("今天几点见?").click(button="right")
        await expect(two[0].page.get_by_role("menu")).to_be_visible()
        return
    page = two[0].page
    words = message(two[0], "今天几点见?").get_by_text("今天几点见?")
    await rest_on(words, page.get_by_role("menu"))
    await page.keyboard.press("Escape")
    # One that scrolls or comes from the edge, and one that is not sure, answer nothing.
    answering = page.get_by_text("Reply to you")
    for by in ({"x": 30, "y": 90}, {"x": 30, "y": 0}, {"x": 120, "y": 0, "start": 4}):
        await pull(words, **by)
        await expect(answering).to_have_count(0)
    await pull(words, x=120, y=10)
    await expect(answering).to_be_visible()
    await expect(page.get_by_role("menu")).to_have_count(0)


async def test_receipts_go_from_sent_to_read(arrive: Arrive, browser: Browser) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace")
    ming = await arrive(browser, "xiaoming", "王小明")
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("hello")
    await expect(message(ada, "hello").get_by_role("img", name="Delivered")).to_be_visible()
    await ming.open_conversation(ada.name)
    await expect(message(ada, "hello").get_by_role("img", name="Read", exact=True)).to_be_visible()


async def test_who_writes_is_told_and_ends(two: Two) -> None:
    ada, ming = two
    writing = ming.page.get_by_text("Ada Lovelace is writing…")
    async with asyncio.timeout(PATIENCE_MS / 1000):
        # Somebody who goes on writing: each word of it is forgotten after a while.
        while not await writing.is_visible():
            await ada.composer.press_sequentially("thinking ")
    await ada.composer.press("Enter")
    await expect(writing).to_have_count(0)
