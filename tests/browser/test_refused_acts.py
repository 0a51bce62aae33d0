"""What is refused among people is said in words that tell what to do, or is not offered at all."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.person import Person, write
from tests.support.ports import free_port
from tests.support.server import ParlorServer
from tests.support.team import Team, team_at

NAMES = {"ada": "Ada Lovelace", "ming": "王小明"}


async def _two(
    arrive: Arrive, browser: Browser, team: Team, size: dict[str, int]
) -> tuple[Person, Person]:
    for account, name in NAMES.items():
        await team.account(account, name)
    ada, ming = await asyncio.gather(
        *(arrive(browser, account, name, size) for account, name in NAMES.items())
    )
    for person in (ada, ming):
        await person.sign_in()
        await person.is_in()
    return ada, ming


async def _found(ada: Person, query: str) -> Locator:
    """小明 as a search for somebody to add shows him."""
    await ada.go_to("Contacts")
    contacts = ada.page.get_by_role("region", name="Contacts")
    await contacts.get_by_role("button", name="Add contact", exact=True).first.click()
    search = ada.page.get_by_role("dialog", name="Add contact")
    await write(search.get_by_role("textbox", name="Search by name or number"), query)
    return search.get_by_role("button", name=re.compile(NAMES["ming"]))


def _adding(person: Person) -> Locator:
    """What somebody's page offers about a stranger."""
    return person.page.get_by_role("main").get_by_role("button", name="Add contact", exact=True)


async def _ask(ada: Person) -> None:
    await (await _found(ada, "ming")).click()
    ask = ada.page.get_by_role("dialog", name=f"Ask {NAMES['ming']} to be your contact")
    await ask.get_by_role("button", name="Send request").click()
    await expect(ask).to_be_hidden()


async def test_a_request_to_somebody_who_blocks_one_is_refused_in_words(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "") as team:
        ada, ming = await _two(arrive, browser, team, size)
        await team.ask("ming", "POST", "/blocks", {"user": team.ids["ada"], "on": True})
        await _ask(ada)
        said = ada.page.get_by_role("status")
        await expect(
            said.get_by_text("This person does not take contact requests from you.")
        ).to_be_visible()
        await ada.go_to("Contacts")
        await ada.page.get_by_role("link", name=re.compile("Contact requests")).click()
        await expect(ada.page.get_by_text("No requests")).to_be_visible()

        # Neither can one begin to write, or ring.
        with ada.watcher.leaving():
            await ada.page.goto(f"/u/{team.ids['ming']}")
        await ada.button("Send message").click()
        await expect(
            said.get_by_text("This person does not take messages from you.")
        ).to_be_visible()
        # Whom one blocks oneself is not asked by accident.
        await (await _found(ming, "ada")).count()
        search = ming.page.get_by_role("dialog", name="Add contact")
        row = search.get_by_role("button", name=re.compile(NAMES["ada"]))
        await expect(row).to_contain_text("You blocked this person")
        await row.click()
        await expect(ming.button("Unblock")).to_be_visible()
        await expect(_adding(ming)).to_have_count(0)


async def test_who_has_declined_is_not_asked_twice_and_a_contact_is_not_asked_at_all(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "") as team:
        ada, ming = await _two(arrive, browser, team, size)
        await _ask(ada)
        await expect(
            ada.page.get_by_text(f"Your request to {NAMES['ming']} is on its way.")
        ).to_be_visible()
        await ming.page.get_by_role("link", name=re.compile("1 request waits")).wait_for()
        await team.ask("ming", "POST", f"/contacts/{team.ids['ada']}/decide", {"accept": False})
        # Nobody is told of a refusal: it waits, can be withdrawn, and is not sent again.
        found = await _found(ada, "ming")
        await expect(found).to_contain_text("You asked, no answer yet")
        await found.click()
        await expect(_adding(ada)).to_have_count(0)
        await ada.button("Withdraw").click()
        await expect(_adding(ada)).to_be_visible()

        await _ask(ada)
        await team.ask("ming", "POST", "/contacts", {"user": team.ids["ada"], "text": ""})
        found = await _found(ada, "ming")
        await expect(found).to_contain_text("In your contacts")
        await check_screen(ada.page, "a contact that is found")
        await found.click()
        await expect(ada.page.get_by_label("Remark")).to_be_visible()
        await expect(_adding(ada)).to_have_count(0)


async def test_an_answer_to_a_request_that_was_withdrawn_meanwhile_says_so(
    arrive: Arrive, browser: Browser, server: ParlorServer, size: dict[str, int]
) -> None:
    async with team_at(server.url, "") as team:
        for account, name in NAMES.items():
            await team.account(account, name)
        await team.ask("ada", "POST", "/contacts", {"user": team.ids["ming"], "text": "Hi"})
        ming = await arrive(browser, "ming", NAMES["ming"], size)
        await ming.sign_in()
        await ming.is_in()
        await ming.go_to("Contacts")
        await ming.page.get_by_role("link", name=re.compile("Contact requests")).click()
        accept = ming.button(f"Accept {NAMES['ada']}")
        await expect(accept).to_be_visible()
        with ming.watcher.server_down():
            await server.kill()
            await expect(ming.page.get_by_text("Reconnecting…")).to_be_visible()
            await accept.click()
            await expect(accept).to_have_count(0)
            # Where the page does not find it, so that the answer comes after the withdrawal.
            port, server.port = server.port, free_port()
            await server.start()
            team.rest.base_url = f"{server.url}/api/v1"
            await team.ask("ada", "DELETE", f"/contacts/{team.ids['ming']}")
            await server.stop()
            server.port = port
            await server.start()
            gone = ming.page.get_by_text("This request is not there any more.")
            await expect(gone).to_be_visible()
        await ming.go_to("Contacts")
        people = ming.page.get_by_role("region", name="Contacts")
        await expect(people.get_by_role("link", name=re.compile(NAMES["ada"]))).to_have_count(0)
