"""What people say of themselves: picture, name, status, privacy; and where they are signed in."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, FilePayload, Page, expect

from tests.browser.conftest import Arrive
from tests.support.person import Person
from tools.screens_people import picture

WIDE_PICTURE = FilePayload(name="me.png", mimeType="image/png", buffer=picture(200, 40, 40))

_DROP = """
async (bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "me.png", { type: "image/png" }));
  const place = document.querySelector("main button[aria-label='Choose a picture']");
  place.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}
"""
_PASTE = """
async (bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "me.png", { type: "image/png" }));
  window.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true }));
}
"""


async def _settings(person: Person, page: str) -> None:
    await person.go_to("Settings")
    await person.page.get_by_role("main").get_by_role("link", name=re.compile(page)).click()
    await expect(person.page.get_by_role("heading", level=1, name=page)).to_be_visible()


async def _use_picture(page: Page) -> None:
    crop = page.get_by_role("dialog", name="Choose the part to show")
    await crop.get_by_role("button", name="Use picture").click()
    await expect(page.get_by_role("button", name="Remove picture")).to_be_visible()


async def test_a_picture_is_cut_to_a_square_of_256_and_seen_by_others(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("hello")
    await _settings(ada, "Profile")
    async with ada.page.expect_file_chooser() as chosen:
        await ada.button("Choose a picture").click()
    await (await chosen.value).set_files(WIDE_PICTURE)
    await _use_picture(ada.page)
    shown = ada.page.locator("main img").first
    await expect(shown).to_have_js_property("naturalWidth", 256)
    await expect(shown).to_have_js_property("naturalHeight", 256)
    mine = await shown.get_attribute("src")
    await expect(ming.row(ada.name).locator("img")).to_have_attribute("src", mine or "")

    await ada.button("Remove picture").click()
    await expect(ada.page.locator("main img")).to_have_count(0)
    await expect(ming.row(ada.name).locator("img")).to_have_count(0)
    for bring in (_DROP, _PASTE):
        await ada.page.evaluate(bring, list(WIDE_PICTURE["buffer"]))
        await _use_picture(ada.page)
        await ada.button("Remove picture").click()
        await expect(ada.page.locator("main img")).to_have_count(0)


async def test_name_words_and_status_reach_those_who_look(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("hello")
    await _settings(ada, "Profile")
    await expect(ada.page.get_by_role("img", name="QR code of your profile link")).to_be_visible()
    await ada.page.get_by_label("Display name").fill("Countess Ada")
    await ada.page.get_by_label("About me").fill("I write notes.")
    await ada.page.get_by_role("main").get_by_role("button", name="Save").last.click()
    await ada.page.get_by_label("A few words about your status").fill("in a meeting")
    await ada.page.get_by_role("radio", name=re.compile("^Busy")).check(force=True)
    await expect(ming.row("Countess Ada").get_by_text("Busy")).to_be_attached()
    await ming.row("Countess Ada").click(button="right")
    await ming.page.get_by_role("menuitem", name="Show person").click()
    await expect(ming.page.get_by_text("I write notes.")).to_be_visible()
    await expect(ming.page.get_by_text("Busy · in a meeting").first).to_be_visible()
    await ada.page.get_by_role("radio", name=re.compile("^Invisible")).check(force=True)
    await expect(ming.page.get_by_role("main").get_by_text("Offline")).to_be_visible()


async def test_whoever_wants_no_strangers_is_neither_found_nor_written_to(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ming.open_chat_with(ada)
    await _settings(ada, "Privacy")
    await ada.page.get_by_role("switch", name="By name").click()
    await ada.page.get_by_label("Who may write to and call you").select_option("My contacts")
    await ada.reload()
    await expect(ada.page.get_by_role("switch", name="By name")).not_to_be_checked()
    chosen = ada.page.get_by_label("Who may write to and call you")
    await expect(chosen).to_have_value("contacts")
    await ming.composer.fill("hello?")
    await ming.composer.press("Enter")
    await expect(ming.page.get_by_text("This person does not take this from you.")).to_be_visible()
    await ming.go_to("Chats")
    await ming.page.get_by_role("textbox", name="Search people, groups, messages").fill("lovelace")
    await expect(ming.page.get_by_role("button", name=re.compile("@ada"))).to_have_count(0)


async def test_signing_out_another_device_ends_it_at_once_and_says_why(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    await ada.sign_up()
    others = [await arrive(browser, "ada", "Ada Lovelace", size) for _ in range(2)]
    for other in others:
        await other.sign_in()
        await other.is_in()
    await _settings(ada, "Your devices")
    this = ada.page.get_by_role("region", name="This device")
    await this.get_by_role("button", name=re.compile("^Rename")).click()
    await this.get_by_role("textbox", name="Name of the device").fill("Kitchen")
    await this.get_by_role("button", name="Save").click()
    await expect(this.get_by_text("Kitchen", exact=True)).to_be_visible()

    elsewhere = ada.page.get_by_role("region", name="Other devices").get_by_role("listitem")
    await expect(elsewhere).to_have_count(2)
    await expect(elsewhere.first.get_by_text(re.compile("Online"))).to_be_visible()
    await ada.button("Sign out all others").click()
    sure = ada.page.get_by_role("dialog", name="Sign out all other devices?")
    await sure.get_by_role("button", name="Sign out").click()
    for other in others:
        reason = other.page.get_by_text("You were signed out on this device.")
        await expect(reason).to_be_visible()
    await expect(ada.page.get_by_text("You are signed in nowhere else.")).to_be_visible()

    (other,) = others[:1]
    await other.sign_in()
    await other.is_in()
    await ada.reload()
    await elsewhere.get_by_role("button", name=re.compile("^Sign out")).click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    await expect(other.page.get_by_text("You were signed out on this device.")).to_be_visible()
