"""Days, what is new, a message that was refused, and the key that leads from chat to chat."""

from __future__ import annotations

import time

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.support.filled import say_at
from tests.support.server import ParlorServer
from tests.support.team import team_at

DAY_MS = 86_400_000


async def test_days_and_news_are_set_apart_and_a_refused_message_goes_at_the_second_try(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "Three days") as team:
        for account in ("ada", "zoe"):
            await team.account(account, account.title())
        await team.gather("ada", ["zoe"])
        await server.stop()
        now = int(time.time() * 1000)
        days = [(now - 2 * DAY_MS, "long ago"), (now - DAY_MS, "lately"), (now, "just now")]
        say_at(server.data, team.id, team.ids["zoe"], days)
        await server.start()
        await team.ask("ada", "POST", f"/conversations/{team.id}/read", {"seq": 3})
        pair = {"kind": "direct", "members": [team.ids["zoe"]]}
        direct = (await team.ask("ada", "POST", "/conversations", pair))["conversation"]["id"]

        ada = await arrive(browser, "ada", "Ada", size)
        await ada.sign_in()
        await ada.is_in()
        await expect(
            ada.row("Three days").get_by_text("1 unread message", exact=True)
        ).to_be_attached()

        jump = ada.page.get_by_role("dialog", name="Jump to")
        for words, place in (("three", team.id), ("zo", direct)):
            await ada.page.keyboard.press("Control+k")
            await jump.get_by_role("combobox").fill(words)
            await expect(jump.get_by_role("option")).to_have_count(1)
            await ada.page.keyboard.press("Enter")
            await expect(jump).to_be_hidden()
            await ada.page.wait_for_url(f"**/c/{place}")
            await expect(ada.composer).to_be_focused()
            if place == team.id:
                await expect(ada.messages.get_by_text("just now")).to_be_in_viewport()
                lines = (await ada.messages.inner_text()).splitlines()
                lines = lines[lines.index("long ago") :]  # the group itself was made today
                order = ("long ago", "Yesterday", "lately", "Today", "New messages", "just now")
                places = [lines.index(line) for line in order]
                assert places == sorted(places)

        await expect(ada.composer).to_be_visible()
        await team.ask("zoe", "POST", "/blocks", {"user": team.ids["ada"], "on": True})
        await ada.composer.fill("Are you there?")
        await ada.composer.press("Enter")
        refused = ada.messages.get_by_role("alert")
        await expect(refused).to_contain_text("Not sent")
        await team.ask("zoe", "POST", "/blocks", {"user": team.ids["ada"], "on": False})
        await refused.get_by_role("button", name="Retry").click()
        await expect(refused).to_have_count(0)
        await expect(ada.messages.get_by_role("img", name="Sent", exact=True)).to_be_visible()
        await ada.sees("Are you there?")
        log = await team.ask("zoe", "GET", f"/conversations/{direct}/events")
        assert [event["text"] for event in log["events"] if event["kind"] == "message"] == [
            "Are you there?"
        ]
