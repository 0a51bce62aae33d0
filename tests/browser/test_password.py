"""Changing one's password, and being given a one-time password by the operator."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import PIPE

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.person import PASSWORD
from tests.support.server import ParlorServer

OWN = "a battery, a staple"
WRONG = "The account name or the password is wrong."


async def test_a_changed_password_puts_the_other_device_out_and_is_the_one_that_counts(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    await ada.sign_up()
    other = await arrive(browser, "ada", "Ada Lovelace", size)
    await other.sign_in()
    await other.is_in()
    page, main = ada.page, ada.page.get_by_role("main")
    await ada.go_to("Settings")
    await main.get_by_role("link", name=re.compile("^Password")).click()
    present, new = main.get_by_label("Current password"), main.get_by_label("New password")
    await expect(main.get_by_text("All your other devices will be signed out.")).to_be_visible()
    await expect(new).to_have_accessible_description(re.compile("At least 8 characters"))
    await check_screen(page, "password")

    # What can be told without the server is told at the field, which is where one begins again.
    for typed, said in (("short", "Use at least 8 characters."), (PASSWORD, "Choose a password")):
        await present.fill(PASSWORD)
        await new.fill(typed)
        await ada.button("Change password").click()
        await expect(new).to_be_focused()
        await expect(new).to_have_accessible_description(re.compile(said))
    await new.fill(OWN)
    await present.fill("a guess")
    with ada.watcher.expecting(status=401, path="/api/v1/me/password"):
        await present.press("Enter")
        await expect(present).to_be_focused()
        await expect(present).to_have_accessible_description("This is not your current password.")
    await check_screen(page, "wrong present password")
    await other.is_in()

    await present.fill(PASSWORD)
    await main.get_by_role("button", name="Show what is typed").first.click()
    await expect(present).to_have_attribute("type", "text")
    await present.press("Enter")
    done = "Your password was changed. 1 device was signed out."
    await expect(main.get_by_role("status")).to_have_text(done)
    await expect(present).to_be_empty()
    await check_screen(page, "password changed")
    await expect(other.page.get_by_text("You were signed out on this device.")).to_be_visible()
    with other.watcher.expecting(status=401, path="/api/v1/sessions"):
        await other.sign_in()
        await expect(other.page.get_by_role("alert")).to_have_text(WRONG)
    await other.sign_in(OWN)
    await other.is_in()
    await ada.reload()
    await expect(present).to_be_visible()


async def test_a_one_time_password_asks_for_one_of_ones_own(
    arrive: Arrive, browser: Browser, server: ParlorServer
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace")
    await ada.sign_up()
    await ada.sign_out()
    command = (sys.executable, "-m", "parlor.boot.cli", "user", "password", "ada")
    making = await asyncio.create_subprocess_exec(*command, "--data", str(server.data), stdout=PIPE)
    given = (await making.communicate())[0].decode().strip()
    new = ada.page.get_by_label("New password")
    with ada.watcher.expecting(status=403, path="/api/v1/sessions"):
        await ada.sign_in(given)
        await expect(new).to_be_focused()
    await expect(ada.page.get_by_role("alert")).to_contain_text("a one-time password")
    await check_screen(ada.page, "one-time password")
    await new.fill(OWN)
    await new.press("Enter")
    await ada.is_in()
