"""What a person does inside one conversation: menus, sheets and the composer, by role and name."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.support.person import Person, write

MENU = "What to do with this message"


def message(person: Person, text: str) -> Locator:
    """The line of the one message that says `text`, as an answer or not."""
    return person.messages.get_by_role("article").filter(has_text=text).last


async def open_menu(person: Person, text: str) -> Locator:
    """By keyboard, which works at every size."""
    button = message(person, text).get_by_role("button", name=MENU)
    await button.focus()
    await button.press("Enter")
    menu = person.page.get_by_role("menu", name=MENU)
    await expect(menu).to_be_visible()
    return menu


async def choose(person: Person, text: str, act: str) -> None:
    """Do something with the message that says `text`."""
    menu = await open_menu(person, text)
    await menu.get_by_role("menuitem", name=act, exact=True).click()
    await expect(menu).to_be_hidden()


async def offered(person: Person, text: str) -> list[str]:
    """What the menu of a message has, without the reactions."""
    menu = await open_menu(person, text)
    names = [line.strip() for line in await menu.get_by_role("menuitem").all_text_contents()]
    await person.page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    return [name for name in names if re.match(r"\w", name)]


def sheet(person: Person, title: str | re.Pattern[str]) -> Locator:
    return person.page.get_by_role("dialog", name=title)


async def make_group(person: Person, title: str, others: list[Person]) -> None:
    """Opens it, too."""
    await person.go_to("Chats")
    await person.button("New group").first.click()
    dialog = sheet(person, "New group")
    await write(dialog.get_by_label("Group name"), title)
    for other in others:
        await write(dialog.get_by_role("textbox", name="Add people"), other.account)
        await dialog.get_by_role("checkbox", name=other.name).click()
    await dialog.get_by_role("button", name="Create group").click()
    await expect(person.composer).to_be_visible()
