"""Groups, mentions, forwarding, other ways to send, and what a text may not do."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.person import Person
from tests.support.stage import choose, make_group, message, open_menu, sheet

PAYLOADS = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "<svg/onload=window.ran=1>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "[press](javascript:window.ran=1)",
    "[press](https://example.org/\"onmouseover=\"window.ran=1)",
    "javascript:window.ran=1",
    "**<b onmouseover=window.ran=1>bold</b>**",
    "```html\n<script>window.ran = 1</script>\n```",
    "> <details open ontoggle=window.ran=1>",
    "- <math><mtext></table><img src onerror=window.ran=1>",
    "{{constructor.constructor('window.ran=1')()}}",
    "`${window.ran = 1}`",
    "@<img src=x onerror=window.ran=1>",
)  # fmt: skip


async def test_no_text_runs_or_becomes_markup(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada <i>Lovelace</i>", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    for payload in PAYLOADS:
        await ada.composer.fill(payload)
        await ada.composer.press("Enter")
    await ada.composer.fill("**bold** *italic* ~~gone~~ `code` [a link](https://example.org/plan)")
    await ada.composer.press("Enter")
    await ming.open_chat_with(ada)
    for person in (ada, ming):
        log = person.messages
        await expect(log.get_by_role("link", name="a link")).to_have_attribute(
            "href", "https://example.org/plan"
        )
        await expect(
            log.get_by_role("strong").filter(has_text=re.compile("^bold$"))
        ).to_be_visible()
        for payload in (PAYLOADS[0], PAYLOADS[1], PAYLOADS[6], PAYLOADS[11]):
            await expect(log.get_by_text(payload, exact=True).first).to_be_attached()
        tags = "script, img, iframe, details, math, i, b, [onload]"
        foreign = await log.evaluate("(box, tags) => box.querySelectorAll(tags).length", tags)
        assert foreign == 0
        links = await log.get_by_role("link").evaluate_all("all => all.map((a) => a.protocol)")
        assert set(links) <= {"https:", "http:"}
        assert await person.page.evaluate("window.ran") is None


async def _three(arrive: Arrive, browser: Browser, size: dict[str, int]) -> tuple[Person, ...]:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    zoe = await arrive(browser, "zoe", "Zoë Müller", size)
    people = (ada, ming, zoe)
    await asyncio.gather(*(person.sign_up() for person in people))
    await make_group(ada, "Friday", [ming, zoe])
    return people


async def test_a_mention_is_chosen_by_keyboard_and_found_by_whom_it_names(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming, _ = await _three(arrive, browser, size)
    await ming.open_conversation("Friday")
    await ming.go_to("Contacts")
    for number in range(30):
        await ada.say(f"line {number}")
    await ada.composer.press_sequentially("Hello @王")
    names = ada.page.get_by_role("listbox", name="People to mention")
    await expect(names.get_by_role("option", name="王小明")).to_be_visible()
    await check_screen(ada.page, "mention list")
    await ada.composer.press("Enter")
    await expect(ada.composer).to_have_value("Hello @王小明 ")
    await ada.composer.press_sequentially("see below")
    await ada.composer.press("Enter")
    await ada.sees("Hello @王小明 see below")
    # It is opened where reading stopped: what mentions one is further down.
    await ming.open_conversation("Friday")
    jump = ming.button(re.compile("^Go to where you were mentioned"))
    await jump.click()
    await expect(ming.messages.get_by_text("Hello @王小明 see below")).to_be_in_viewport()
    await expect(jump).to_have_count(0)
    await ada.composer.press_sequentially("@all")
    await expect(names.get_by_role("option", name="Everybody in this group")).to_be_visible()
    await ada.composer.press("Escape")
    await ming.composer.press_sequentially("@all")
    await expect(ming.page.get_by_role("option", name="Everybody")).to_have_count(0)


async def test_messages_are_forwarded_one_by_one_and_as_one(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming, zoe = await _three(arrive, browser, size)
    await ada.say("first")
    await ada.say("second")
    await ada.open_chat_with(ming)
    await ada.open_conversation("Friday")
    await choose(ada, "first", "Forward")
    picked = sheet(ada, "Forward 1 message")
    await picked.get_by_role("checkbox", name="王小明").click()
    await check_screen(ada.page, "forward")
    await picked.get_by_role("button", name="Forward to 1 chat").click()
    await expect(ada.page.get_by_text("Forwarded to 1 chat")).to_be_visible()
    await ming.open_chat_with(ada)
    await expect(ming.messages.get_by_text("Forwarded from Ada Lovelace")).to_be_visible()

    await choose(ada, "first", "Select")
    await ada.messages.get_by_role("checkbox", name=re.compile("second")).click()
    await expect(ada.page.get_by_text("2 messages selected")).to_be_visible()
    await check_screen(ada.page, "selection")
    await ada.button("Forward").click()
    picked = sheet(ada, "Forward 2 messages")
    await picked.get_by_role("radio", name="As one message").click()
    await picked.get_by_role("checkbox", name="王小明").click()
    await picked.get_by_role("button", name="Forward to 1 chat").click()
    card = ming.messages.get_by_role("button", name=re.compile("2 messages"))
    await card.click()
    whole = sheet(ming, re.compile("Friday"))
    for text in ("first", "second"):
        await expect(whole.get_by_text(text, exact=True)).to_be_visible()
    await check_screen(ming.page, "merged")
    # Who has read it, among those who were there.
    await zoe.open_conversation("Friday")
    read = ada.button("Read by 1")
    await expect(read).to_be_visible()
    await read.click()
    who = sheet(ada, "Who has read it")
    await expect(who.get_by_role("listitem").filter(has_text="Zoë")).to_contain_text("Read")
    await expect(who.get_by_role("listitem").filter(has_text="王小明")).to_contain_text("Not yet")


async def test_other_ways_to_send(arrive: Arrive, browser: Browser, size: dict[str, int]) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    page = ada.page
    await ada.composer.fill("quietly")
    await ada.button("More ways to send").click()
    await page.get_by_role("menuitem", name="Send without a sound").click()
    await expect(message(ada, "quietly").get_by_role("img", name="Sent without")).to_be_visible()

    await ada.button("More ways to send").click()
    await page.get_by_role("menuitem", name="Disappears after").click()
    await page.get_by_role("menuitemradio", name="1 hr").click()
    await ada.say("not for long")
    await expect(
        message(ada, "not for long").get_by_text(re.compile("Disappears in"))
    ).to_be_attached()

    await ada.composer.fill("tomorrow's news")
    await ada.button("More ways to send").click()
    await page.get_by_role("menuitem", name="Send later…").click()
    later = sheet(ada, "Send later")
    await later.get_by_role("button", name="Tomorrow morning").click()
    await check_screen(page, "schedule")
    await later.get_by_role("button", name="Schedule", exact=True).click()
    await expect(later).to_be_hidden()
    await expect(ada.composer).to_have_value("")
    await ada.button("1 scheduled message").click()
    waiting = sheet(ada, "Scheduled messages")
    await expect(waiting.get_by_text("tomorrow's news")).to_be_visible()
    await waiting.get_by_role("button", name="Cancel").click()
    await expect(waiting.get_by_text("Nothing waits to be sent here.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(ada.composer).to_have_value("tomorrow's news")
    await ming.open_conversation(ada.name)
    await ming.sees("quietly")
    await expect(ming.messages.get_by_text("tomorrow's news")).to_have_count(0)


async def test_two_devices_of_one_person_show_the_same(arrive: Arrive, browser: Browser) -> None:
    desk = await arrive(browser, "ada", "Ada Lovelace")
    await desk.sign_up()
    ming = await arrive(browser, "xiaoming", "王小明")
    phone = await arrive(browser, "ada", "Ada Lovelace", {"width": 390, "height": 844})
    await asyncio.gather(ming.sign_up(), phone.sign_in())
    await phone.is_in()
    await desk.open_chat_with(ming)
    await desk.say("from the desk")
    await phone.open_conversation("王小明")
    await phone.sees("from the desk")
    await phone.say("from the phone")
    await desk.sees("from the phone")
    await choose(phone, "from the desk", "Star")
    await expect(message(desk, "from the desk").get_by_role("img", name="Starred")).to_be_visible()
    await choose(desk, "from the phone", "Edit")
    await desk.composer.fill("from both")
    await desk.composer.press("Enter")
    await phone.sees("from both")
    await (
        (await open_menu(phone, "from both")).get_by_role("menuitem", name="React with 🎉").click()
    )
    chip = message(desk, "from both").get_by_role("button", name=re.compile("^🎉"))
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await choose(desk, "from the desk", "Take back")
    await expect(phone.messages.get_by_text("You took back a message")).to_be_visible()
    # What one begins to write here, one goes on with there.
    await desk.composer.fill("to be continued")
    await phone.go_to("Chats")
    await phone.open_conversation("王小明")
    await expect(phone.composer).to_have_value("to be continued")
    # What is read on one device is read on all.
    await phone.go_to("Contacts")
    await desk.go_to("Contacts")
    await ming.open_conversation("Ada Lovelace")
    await ming.say("news")
    await phone.go_to("Chats")
    await expect(phone.row("王小明").get_by_text("1 unread message")).to_be_attached()
    await desk.open_conversation("王小明")
    await expect(phone.row("王小明").get_by_text("unread")).to_have_count(0)
