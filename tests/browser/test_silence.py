"""Where one may not write, the composer gives its place to the reason, at once and only as long."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.person import Person
from tests.support.server import ParlorServer
from tests.support.team import Team, team_at

TITLE = "Release 1.0 · 发布"


def _note(person: Person, words: str | re.Pattern[str]) -> Locator:
    return person.page.get_by_role("note").filter(has_text=words)


async def _is_quiet(person: Person, words: str | re.Pattern[str]) -> None:
    """This reason stands where one would write."""
    await expect(_note(person, words)).to_be_visible()
    await expect(person.composer).to_have_count(0)


async def _may_write(person: Person) -> None:
    await expect(person.composer).to_be_visible()
    await expect(person.page.get_by_role("note")).to_have_count(0)


async def _people(team: Team, *accounts: str) -> None:
    for account in accounts:
        await team.account(account, account.title())


async def _enter(
    arrive: Arrive, browser: Browser, account: str, size: dict[str, int], path: str = "/"
) -> Person:
    person = await arrive(browser, account, account.title(), size)
    await person.sign_in()
    await person.is_in()
    with person.watcher.leaving():
        await person.page.goto(path)
    return person


async def test_a_member_of_a_group_is_told_why_nothing_can_be_written(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, TITLE) as team:
        await _people(team, "ada", "zoe")
        await team.gather("ada", ["zoe"])
        zoe = await _enter(arrive, browser, "zoe", size, f"/c/{team.id}")
        await zoe.composer.fill("half a thought")

        await team.act("ada", "mute", user_id=team.ids["zoe"], for_s=3_600)
        await _is_quiet(zoe, re.compile(r"^You are muted in this group until .*\d\d:\d\d\.$"))
        await check_screen(zoe.page, "muted")
        await team.act("ada", "mute", user_id=team.ids["zoe"])
        await _is_quiet(zoe, re.compile(r"^You are muted in this group\.$"))
        await team.act("ada", "mute", user_id=team.ids["zoe"], off=True)
        await _may_write(zoe)
        await expect(zoe.composer).to_have_value("half a thought")

        await team.act("ada", "mute")
        await _is_quiet(zoe, "The group is muted for now. Only administrators may write.")
        await team.act("ada", "role", user_id=team.ids["zoe"], role="administrator")
        await _may_write(zoe)
        await team.act("ada", "role", user_id=team.ids["zoe"], role="member")
        await _is_quiet(zoe, "The group is muted for now.")
        await team.act("ada", "mute", off=True)
        await _may_write(zoe)

        await team.act("ada", "update", settings={"read_only": True})
        await _is_quiet(zoe, "Only administrators write in this channel.")
        await team.act("ada", "update", settings={"read_only": False})
        await _may_write(zoe)
        wish = {"permissions": {"send": "administrator"}}
        await team.act("ada", "update", settings=wish)
        await _is_quiet(zoe, "You may not write in this group.")
        await team.act("ada", "update", settings={"permissions": {"send": "member"}})
        await _may_write(zoe)
        await zoe.composer.press("Enter")
        await zoe.sees("half a thought")

        await team.act("ada", "dissolve")
        await _is_quiet(zoe, "This group was dissolved. You can still read it.")
        await zoe.sees("half a thought")
        await check_screen(zoe.page, "dissolved")
        await zoe.reload()
        await _is_quiet(zoe, "This group was dissolved. You can still read it.")


async def test_slow_mode_counts_down_until_the_next_message_may_be_sent(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, TITLE) as team:
        await _people(team, "ada", "zoe")
        await team.gather("ada", ["zoe"])
        await team.act("ada", "update", settings={"slow_mode_s": 600})
        zoe = await _enter(arrive, browser, "zoe", size, f"/c/{team.id}")
        await zoe.say("first")
        await zoe.composer.fill("second")
        left = zoe.page.get_by_role("status").filter(has_text="Slow mode: you can send again in")
        await expect(left).to_be_visible()
        await check_screen(zoe.page, "slow mode")
        shown = await left.inner_text()
        await expect(left).not_to_have_text(shown)
        await expect(zoe.button("Send")).to_be_disabled()
        await zoe.composer.press("Enter")
        await expect(zoe.composer).to_have_value("second")

        await team.act("ada", "update", settings={"slow_mode_s": 5})
        await expect(left).to_have_count(0)
        await expect(zoe.button("Send")).to_be_enabled()
        await zoe.composer.press("Enter")
        await zoe.sees("second")
        await zoe.composer.fill("third")
        await expect(zoe.button("Send")).to_be_enabled()  # by itself, some seconds later
        await zoe.composer.press("Enter")
        await zoe.sees("third")
        await expect(zoe.page.get_by_role("alert")).to_have_count(0)


async def test_whoever_is_blocked_or_unknown_is_told_so_where_they_would_write(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, TITLE) as team:
        await _people(team, "ada", "zoe")
        body = {"kind": "direct", "members": [team.ids["ada"]], "title": ""}
        made = await team.ask("zoe", "POST", "/conversations", body)
        path = f"/c/{made['conversation']['id']}"
        zoe, ada = await asyncio.gather(
            *(_enter(arrive, browser, account, size, path) for account in ("zoe", "ada"))
        )
        await _may_write(zoe)
        await team.ask("ada", "POST", "/blocks", {"user": team.ids["zoe"], "on": True})
        await _is_quiet(ada, "You have blocked this person.")
        await check_screen(ada.page, "blocked by oneself")
        # Whoever is blocked is not told; trying shows it.
        await zoe.composer.fill("are you there?")
        await zoe.composer.press("Enter")
        await _is_quiet(zoe, "This person does not take messages from you.")
        await expect(zoe.messages.get_by_role("alert")).to_contain_text("Not sent: ")
        await check_screen(zoe.page, "blocked by the other")
        await zoe.messages.get_by_role("button", name="Delete").click()
        await zoe.reload()
        await _is_quiet(zoe, "This person does not take messages from you.")

        # What the chat was told while the block stood is not what holds after it.
        await ada.reload()
        await _is_quiet(ada, "You have blocked this person.")
        await ada.button("Unblock").click()
        await _may_write(ada)
        async with asyncio.timeout(60):
            while (await team.ask("ada", "GET", "/blocks"))["blocked"]:
                await asyncio.sleep(0.05)
        await zoe.reload()
        await _may_write(zoe)
        await team.ask("ada", "PATCH", "/me/privacy", {"write": "contacts"})
        await zoe.reload()
        await _is_quiet(zoe, "This person does not take messages from you.")
        await _may_write(ada)
        await ada.say("I may write to you")
        await zoe.sees("I may write to you")
