"""A person at a browser: finds everything by its role and its name, as people do.

The words are those of the app's English catalogue. At phone width one pane shows at a time, and
a person goes back to the list first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Browser, Locator, Page, expect

from tests.support.browser import NO_WORKER, Watcher, open_page

PASSWORD = "correct horse battery"
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


async def write(field: Locator, text: str) -> None:
    """Fill a field of a dialog: opening, it moves the focus once, and that may swallow the text."""
    for _ in range(5):
        await field.fill(text)
        if await field.input_value() == text:
            return
    await expect(field).to_have_value(text)


@dataclass
class Person:
    """`account` is what they sign in with, `name` what others see."""

    account: str
    name: str
    page: Page
    watcher: Watcher

    @classmethod
    async def arrive(
        cls,
        browser: Browser,
        url: str,
        account: str,
        name: str,
        *,
        size: dict[str, int],
        script: str = "",
        offline: bool = False,
    ) -> Person:
        """Open the app in a new context; nobody is signed in. `script` runs before the app's.

        Without `offline`, there is no service worker: storing the whole app takes it longer than
        all else that most tests do.
        """
        if not offline:
            script += NO_WORKER
        page, watcher = await open_page(browser, url, size=size, script=script)
        await page.goto("/")
        return cls(account, name, page, watcher)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("log", name="Messages")

    async def reload(self) -> None:
        with self.watcher.leaving():
            await self.page.reload()

    # Account

    async def sign_up(self) -> None:
        await self.sign_up_here()
        await self.is_in()

    async def sign_up_here(self) -> None:
        """Where the address leads to something else afterwards."""
        await self.page.get_by_role("tab", name="Sign up").click()
        await self.page.get_by_label("Account name").fill(self.account)
        await self.page.get_by_label("Display name").fill(self.name)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.button("Create account").click()

    async def sign_in(self, password: str = PASSWORD) -> None:
        await self.page.get_by_label("Account name").fill(self.account)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.button("Sign in").click()

    async def sign_out(self) -> None:
        await self.go_to("Settings")
        await self.button("Sign out").click()
        question = self.page.get_by_role("dialog", name="Sign out?")
        # The page forgets them at once; who leaves it before the server knows gives that up.
        async with self.page.expect_response("**/api/v1/sessions/current"):
            await question.get_by_role("button", name="Sign out", exact=True).click()
        await expect(self.page.get_by_role("tab", name="Sign in")).to_be_visible()

    async def is_in(self) -> None:
        await expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()

    # Getting around

    async def go_to(self, place: str) -> None:
        """Chats, Contacts or Settings."""
        navigation = self.page.get_by_role("navigation", name="Main")
        if not await navigation.is_visible():
            await self.button("Back").click()
        await navigation.get_by_role("link", name=re.compile(f"^{place}")).click()

    async def open_chat_with(self, other: Person) -> None:
        """Find somebody by name, among one's chats or on this server, and write to them."""
        await self.go_to("Chats")
        await self.page.get_by_role("textbox", name="Search people, groups, messages").fill(
            other.name
        )
        people = self.page.get_by_role("region", name="People", exact=True)
        chat = people.get_by_role("link").filter(has_text=other.name)
        found = people.get_by_role("button", name=re.compile(re.escape(f"@{other.account}")))
        await chat.or_(found).first.click()
        await expect(self.composer).to_be_visible()

    async def open_conversation(self, title: str) -> None:
        """One that is in the list already."""
        await self.go_to("Chats")
        await self.row(title).click()
        await expect(self.composer).to_be_visible()

    def row(self, title: str) -> Locator:
        conversations = self.page.get_by_role("region", name="Conversations")
        return conversations.get_by_role("link", name=re.compile(re.escape(title)))

    # Chat

    async def say(self, text: str) -> None:
        """Type a message and send it; returns when it is shown, not when it is stored."""
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await self.sees(text)

    async def sees(self, text: str) -> None:
        """This message is on the page exactly once."""
        await expect(self.messages.get_by_text(text, exact=True)).to_have_count(1)

    async def sees_record(self, text: str) -> None:
        """Exactly one call is recorded in this conversation, in these words."""
        again = self.messages.get_by_role("button", name=re.compile("^Call (again|back)$"))
        await expect(again).to_have_count(1)
        await expect(self.messages.get_by_text(re.compile(text))).to_have_count(1)

    # Calls

    async def call(self, kind: str) -> None:
        """`kind` is "Audio" or "Video"."""
        await self.page.get_by_role("main").get_by_role("button", name=f"{kind} call").click()

    async def rings(self, kind: str, caller: Person) -> None:
        sheet = self.incoming(caller)
        await expect(sheet).to_be_visible()
        await expect(sheet).to_have_accessible_description(f"Incoming {kind.lower()} call")

    def incoming(self, caller: Person) -> Locator:
        return self.page.get_by_role("alertdialog", name=caller.name)

    def call_window(self, other: Person) -> Locator:
        return self.page.get_by_role("dialog", name=f"Call with {other.name}")

    async def talks_to(self, other: Person) -> None:
        window = self.call_window(other)
        await expect(window.get_by_role("button", name="Mute", exact=True)).to_be_visible()

    async def is_in_no_call(self) -> None:
        await expect(self.button("Hang up")).to_have_count(0)
        await expect(self.button("Reject")).to_have_count(0)
