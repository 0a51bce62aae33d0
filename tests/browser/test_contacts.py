"""Contacts: asked for, accepted, named, found by letter, removed, blocked; and links to people."""

from __future__ import annotations

import asyncio
import json
import re

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.support.person import Person


async def _two(arrive: Arrive, browser: Browser, size: dict[str, int]) -> tuple[Person, Person]:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    return ada, ming


async def _number(person: Person) -> str:
    await person.go_to("Settings")
    await person.page.get_by_role("main").get_by_role("link", name=re.compile("Profile")).click()
    number = person.page.get_by_text(re.compile(r"^Number \d+$"))
    return (await number.inner_text()).split()[-1]


async def _ask(ada: Person, query: str, name: str, greeting: str) -> None:
    await ada.go_to("Contacts")
    await (
        ada.page.get_by_role("region", name="Contacts")
        .get_by_role("button", name="Add contact", exact=True)
        .first.click()
    )
    search = ada.page.get_by_role("dialog", name="Add contact")
    await search.get_by_role("textbox", name="Search by name or number").fill(query)
    await search.get_by_role("button", name=re.compile(re.escape(name))).click()
    ask = ada.page.get_by_role("dialog", name=f"Ask {name} to be your contact")
    await ask.get_by_label("Greeting").fill(greeting)
    await ask.get_by_role("button", name="Send request").click()
    await expect(ask).to_be_hidden()


async def test_a_request_by_number_is_badged_accepted_and_makes_contacts_of_both(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming = await _two(arrive, browser, size)
    number = await _number(ming)
    await _ask(ada, number, ming.name, "你好，我是 Ada")
    tab = ming.page.get_by_role("navigation", name="Main").get_by_role(
        "link", name=re.compile("^Contacts")
    )
    await expect(tab).to_have_accessible_name(re.compile("1 request waits"))
    await tab.click()
    await ming.page.get_by_role("link", name=re.compile("Contact requests")).click()
    await expect(ming.page.get_by_text("你好，我是 Ada")).to_be_visible()
    await ming.button(f"Accept {ada.name}").click()
    await expect(ming.page.get_by_text("No requests")).to_be_visible()
    await expect(tab).not_to_have_accessible_name(re.compile("request waits"))
    for person, other, letter in ((ada, ming, "W"), (ming, ada, "A")):
        await person.go_to("Contacts")
        of_letter = person.page.get_by_role("list", name=letter, exact=True)
        await expect(of_letter.get_by_role("link", name=re.compile(other.name))).to_be_visible()


async def test_a_refused_request_is_gone_and_a_sent_one_can_be_withdrawn(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming = await _two(arrive, browser, size)
    await _ask(ada, "xiaoming", ming.name, "Hi")
    await ming.go_to("Contacts")
    await ming.page.get_by_role("link", name=re.compile("Contact requests")).click()
    await ming.button(f"Refuse {ada.name}").click()
    await expect(ming.page.get_by_text("No requests")).to_be_visible()
    await ada.go_to("Contacts")
    await ada.page.get_by_role("link", name=re.compile("Contact requests")).click()
    await ada.button(f"Withdraw the request to {ming.name}").click()
    await expect(ada.page.get_by_text("No requests")).to_be_visible()


async def test_a_remark_and_tags_name_a_contact_everywhere_for_oneself(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming = await _two(arrive, browser, size)
    await _ask(ada, "xiaoming", ming.name, "Hi")
    await ming.page.goto("/contacts/requests")
    await ming.button(f"Accept {ada.name}").click()
    await ada.go_to("Contacts")
    await ada.page.get_by_role("link", name=re.compile(ming.name)).click()
    await ada.page.get_by_label("Remark").fill("Ming from Linz")
    await ada.page.get_by_role("main").get_by_role("button", name="Save").click()
    await expect(ada.page.get_by_role("heading", name="Ming from Linz")).to_be_visible()
    await expect(ada.page.get_by_text(f"Calls themselves {ming.name}")).to_be_visible()
    await ada.page.get_by_label("Tags", exact=True).fill("chess")
    await ada.button("Add").click()
    await expect(ada.button("Remove the tag chess")).to_be_visible()

    await ada.go_to("Contacts")
    await ada.button("chess").click()
    listed = ada.page.get_by_role("list", name="M", exact=True)
    await expect(listed.get_by_role("link", name=re.compile("Ming from Linz"))).to_be_visible()
    await ada.page.get_by_role("textbox", name="Search people").fill("小明")  # the own name, too
    await listed.get_by_role("link", name=re.compile("Ming from Linz")).click()
    await ada.button("Send message").click()
    await ada.say("hello")
    await ada.go_to("Chats")
    await expect(ada.row("Ming from Linz")).to_be_visible()
    await expect(ming.page.get_by_text("Ming from Linz")).to_have_count(0)


async def test_a_blocked_person_reaches_nobody_until_unblocked(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming = await _two(arrive, browser, size)
    await ada.open_chat_with(ming)
    await ada.say("hello")
    await ming.open_conversation(ada.name)
    hint = ming.page.get_by_role("complementary").filter(has_text="is not in your contacts")
    await expect(hint).to_be_visible()
    await ming.page.goto(f"/u/{await _id_of(ada)}")
    await ming.button("Block").click()
    sure = ming.page.get_by_role("dialog", name=f"Block {ada.name}?")
    await sure.get_by_role("button", name="Block").click()
    await expect(ming.page.get_by_text("You blocked this person")).to_be_visible()
    await ada.composer.fill("are you there?")
    await ada.composer.press("Enter")
    await expect(ada.page.get_by_text("This person does not take this from you.")).to_be_visible()
    await ming.go_to("Contacts")
    await ming.page.get_by_role("link", name="Blocked people").click()
    await ming.button(f"Unblock {ada.name}").click()
    await expect(ming.page.get_by_text("Nobody is blocked")).to_be_visible()
    await ada.reload()  # nobody tells Ada: her page asks when it opens the conversation
    await ada.say("and now?")
    await ming.open_conversation(ada.name)
    await ming.sees("and now?")


async def test_a_link_to_a_person_opens_their_page_after_signing_in(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada, ming = await _two(arrive, browser, size)
    number = await _id_of(ming)
    await ada.sign_out()
    await ada.page.goto(f"/u/{number}")
    await ada.sign_in()
    await expect(ada.page.get_by_role("heading", name=ming.name)).to_be_visible()
    await ada.button("Send message").click()
    await ada.say("found you")
    await ada.page.goto("/u/1")
    await expect(ada.page.get_by_text("Nobody has this number")).to_be_visible()


async def _id_of(person: Person) -> str:
    kept: str = await person.page.evaluate("localStorage.getItem('parlor.signed_in')")
    number: str = json.loads(kept)["user"]["id"]
    return number
