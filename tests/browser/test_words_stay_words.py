"""Whatever people may write anywhere, markup in it is shown as it was written and never runs."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from parlor.client import connect
from tests.browser.conftest import Arrive
from tests.support.person import PASSWORD
from tests.support.server import ParlorServer
from tests.support.team import Details, team_at

MARKUP = "<img src=x onerror='window.ran=1'>"
SHORT = "<b onclick=x>"
"""No longer than a tag may be."""
MADE = "img[src=x], [onerror], [onclick], script:not([src])"


def evil(where: str) -> str:
    """Markup that says which field it was written in."""
    return f"{where} {MARKUP}"


async def shows(page: Page, *fields: str) -> None:
    """These stand there as words, and none of them became anything else."""
    for field in fields:
        await expect(page.get_by_text(evil(field)).filter(visible=True).first).to_be_visible()
    assert await page.locator(MADE).count() == 0
    assert await page.evaluate("window.ran") is None


async def test_markup_in_any_text_of_people_and_groups_is_words_on_every_screen(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, evil("title")) as team:
        for account in ("ada", "zoe", "kim"):
            await team.account(account, evil(f"{account}'s name"))
        zoe = team.ids["zoe"]
        await team.gather("ada", ["zoe", "kim"])
        await team.act("ada", "update", announcement=evil("announcement"))
        await team.act("ada", "update", settings={"join": "approval"})
        await team.ask("zoe", "PATCH", "/me", {"about": evil("about")})
        await team.ask("zoe", "POST", "/me/presence", {"state": "busy", "text": evil("status")})
        await team.act("zoe", "messages", text=evil("message"))
        await team.ask("kim", "POST", "/contacts", {"user": team.ids["ada"], "text": evil("hello")})
        await team.ask("ada", "POST", "/contacts", {"user": zoe, "text": "Hi"})
        decided = {"accept": True}
        await team.ask("zoe", "POST", f"/contacts/{team.ids['ada']}/decide", decided)
        named = {"remark": evil("remark"), "tags": [SHORT]}
        await team.ask("ada", "PATCH", f"/contacts/{zoe}", named)
        await team.account("eve", evil("eve's name"))
        asking = {"client_id": "in", "conversation_id": team.id, "text": evil("let me in")}
        await team.ask("eve", "POST", "/groups/join", asking)

        entry = {"name": "zoe", "password": PASSWORD}
        here = (await team.ask("", "POST", "/sessions", entry))["token"]
        ada = await arrive(browser, "ada", evil("ada's name"), size)
        await ada.sign_in()
        await ada.is_in()
        page = ada.page

        async def visit(address: str) -> None:
            with ada.watcher.leaving():
                await page.goto(address)

        await shows(page, "title")
        await visit(f"/c/{team.id}")
        await shows(page, "title", "message")
        details = await Details(ada).open()
        await shows(page, "title", "announcement", "remark", "kim's name")
        await details.go("Join requests")
        await shows(page, "eve's name", "let me in")
        await visit("/contacts")
        await shows(page, "remark")
        await visit("/contacts/requests")
        await shows(page, "kim's name", "hello")
        async with connect(server.url.replace("http", "tcp", 1), here):
            # Only of who is there one sees how.
            await visit(f"/u/{zoe}")
            await shows(page, "zoe's name", "about", "status")
        await expect(page.get_by_label("Remark")).to_have_value(evil("remark"))
        await expect(ada.button(f"Remove the tag {SHORT}")).to_be_visible()
        await visit("/settings")
        await shows(page, "ada's name")
