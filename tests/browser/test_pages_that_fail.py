"""Devices and privacy when the server is away, or does not want: what it is, and what to do."""

from __future__ import annotations

import json
import re

import httpx
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.person import PASSWORD, Person
from tests.support.server import ParlorServer

PAGES = {
    "Your devices": ("Your devices could not be loaded.", "This device"),
    "Privacy": ("Your privacy settings could not be loaded.", "Being found"),
}


async def _open(person: Person, page: str) -> None:
    await person.go_to("Settings")
    await person.page.get_by_role("main").get_by_role("link", name=re.compile(page)).click()
    await expect(person.page.get_by_role("heading", level=1, name=page)).to_be_visible()


async def test_without_a_server_the_pages_say_so_and_come_back_by_themselves(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    await ada.sign_up()
    # Their code is there; what they ask for is not.
    for page in PAGES:
        await _open(ada, page)
        await expect(ada.page.get_by_text(PAGES[page][1])).to_be_visible()
    alert = ada.page.get_by_role("alert")
    with ada.watcher.server_down():
        await server.kill()
        await expect(ada.page.get_by_text("Reconnecting…")).to_be_visible()
        # What is shown stays, and a change is taken back with its reason.
        switch = ada.page.get_by_role("switch", name="By name")
        await switch.click()
        await expect(
            ada.page.get_by_role("status").filter(has_text="There is no connection to the server.")
        ).to_be_visible()
        await expect(switch).to_be_checked()
        for page, (failed, _) in PAGES.items():
            await _open(ada, page)
            await expect(alert.filter(has_text=failed)).to_be_visible()
            await check_screen(ada.page, f"{page} without a server")
            await alert.get_by_role("button", name="Retry").click()
            await expect(alert.filter(has_text=failed)).to_be_visible()
        await server.start()
        await expect(ada.page.get_by_text(PAGES["Privacy"][1])).to_be_visible()
    await expect(alert).to_have_count(0)


REFUSED = {"code": "overloaded", "message": "Too much to do.", "retry": True}


async def test_a_refusal_is_shown_with_its_reason_and_a_way_to_try_again(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    refusing = {"device.list", "me.privacy"}

    def stand_between(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def on_message(message: str | bytes) -> None:
            asked = json.loads(message)
            if asked.get("method") in refusing:
                line.send(json.dumps({"id": asked["id"], "error": REFUSED}))
            else:
                server.send(message)

        line.on_message(on_message)

    await ada.page.route_web_socket(re.compile("/ws"), stand_between)
    await ada.reload()  # only documents that come later are stood in between
    await ada.sign_up()
    alert = ada.page.get_by_role("alert")
    for page, (failed, heading) in PAGES.items():
        await _open(ada, page)
        shown = alert.filter(has_text=failed)
        await expect(shown).to_contain_text("The server is very busy. Try again in a moment.")
        refusing.clear()
        await shown.get_by_role("button", name="Retry").click()
        await expect(ada.page.get_by_text(heading)).to_be_visible()
        await expect(alert).to_have_count(0)
        refusing.update({"device.list", "me.privacy"})
    chosen = ada.page.get_by_label("Who may write to and call you")
    await chosen.select_option("My contacts")
    await expect(ada.page.get_by_text("The server is very busy.")).to_be_visible()
    await expect(chosen).to_have_value("everybody")


async def test_a_device_that_has_signed_out_meanwhile_is_said_to_be_out(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    await ada.sign_up()
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1") as rest:
        who = {"name": "ada", "password": PASSWORD}
        signed_in = (await rest.post("/sessions", json=who)).raise_for_status().json()
        await _open(ada, "Your devices")
        elsewhere = ada.page.get_by_role("region", name="Other devices").get_by_role("listitem")
        await elsewhere.get_by_role("button", name=re.compile("^Sign out")).click()
        bearer = {"Authorization": f"Bearer {signed_in['token']}"}
        (await rest.delete("/sessions/current", headers=bearer)).raise_for_status()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    await expect(ada.page.get_by_text("This device is signed out already.")).to_be_visible()
    await expect(ada.page.get_by_text("You are signed in nowhere else.")).to_be_visible()
