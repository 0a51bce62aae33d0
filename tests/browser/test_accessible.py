"""No screen has a serious or critical fault that axe-core can find, light or dark."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Arrive
from tests.support.call_media import wait_for_sound

AXE = Path("web/node_modules/axe-core/axe.min.js")
_FAULTS = """
async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target}`));
}
"""


async def find_faults(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text("utf-8"))
    faults: list[str] = await page.evaluate(_FAULTS)
    return faults


async def check_screen(page: Page, name: str) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        faults = await find_faults(page)
        assert not faults, f"{name}, {scheme}:\n" + "\n".join(faults)


async def test_a_planted_fault_is_found(arrive: Arrive, browser: Browser) -> None:
    page = (await arrive(browser, "ada", "Ada Lovelace")).page
    await page.evaluate("document.body.append(document.createElement('button'))")
    assert any(fault.startswith("button-name") for fault in await find_faults(page))


async def test_every_screen_is_free_of_serious_faults(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    page = ada.page
    await check_screen(page, "sign in")
    await page.get_by_role("tab", name="Sign up").click()
    await check_screen(page, "sign up")
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await check_screen(page, "no chats yet")
    await ada.open_chat_with(ming)
    await check_screen(page, "empty chat")
    await ada.say("你好 https://example.org 👋")
    await check_screen(page, "chat")
    await ada.go_to("Chats")
    await check_screen(page, "chats")
    await ada.button("New group").click()
    await expect(page.get_by_role("dialog", name="New group")).to_be_visible()
    await check_screen(page, "new group")
    await page.keyboard.press("Escape")
    await ada.go_to("Contacts")
    await check_screen(page, "contacts")
    await ada.go_to("Settings")
    await check_screen(page, "settings")
    await ada.open_conversation(ming.name)
    await ming.open_conversation(ada.name)
    await ada.call("Audio")
    await check_screen(page, "calling")
    await ming.rings("Audio", ada)
    await check_screen(ming.page, "incoming call")
    await ming.button("Accept with sound").click()
    await wait_for_sound(page)
    await check_screen(page, "call")
    await ada.button("Hang up").click()
    await ada.is_in_no_call()
