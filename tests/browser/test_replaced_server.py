"""The server is replaced by the next one while two people write: they see next to nothing of it."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.support.person import Person
from tests.support.server import ParlorServer

_WATCH = """
() => {
  window.seen = { reconnectingMs: 0, alerts: [] };
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    if (document.body.innerText.includes("Reconnecting…")) {
      window.seen.reconnectingMs += now - last;
    }
    for (const alert of document.querySelectorAll('[role="alert"]')) {
      if (alert.innerText.trim()) window.seen.alerts.push(alert.innerText);
    }
    last = now;
    requestAnimationFrame(look);
  };
  look();
}
"""
"""How long "Reconnecting…" is shown, and whatever is shown as an error."""
SHORT_MS = 5_000


async def _texts(person: Person) -> list[str]:
    articles = person.messages.get_by_role("article")
    return [line.strip() for line in await articles.locator("[dir=auto]").all_text_contents()]


async def test_messages_typed_while_the_server_is_replaced_arrive_once(
    arrive: Arrive, browser: Browser, server: ParlorServer
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", offline=True)
    ming = await arrive(browser, "xiaoming", "王小明", offline=True)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("before")
    await ming.open_conversation(ada.name)
    await ming.sees("before")
    for person in (ada, ming):
        await person.page.evaluate(_WATCH)
        await person.page.evaluate("window.notReloaded = true")

    said = ["before"]
    is_over = asyncio.Event()

    async def write() -> None:
        while not is_over.is_set() or len(said) < 10:
            said.append(f"number {len(said)} 🙂")
            await ada.composer.fill(said[-1])
            await ada.composer.press("Enter")

    writing = asyncio.create_task(write())
    try:
        for _ in range(2):
            assert await server.take_over() == 0
    finally:
        is_over.set()
        await writing
    await ada.say("after")
    said.append("after")

    await expect(ming.messages.get_by_text("after", exact=True)).to_have_count(1, timeout=20_000)
    for person in (ada, ming):
        await expect(person.page.get_by_text("Reconnecting…")).to_be_hidden()
        assert (await _texts(person))[-len(said) :] == said[-len(await _texts(person)) :]
        seen = await person.page.evaluate("window.seen")
        assert seen["alerts"] == []
        assert seen["reconnectingMs"] < SHORT_MS
        assert await person.page.evaluate("window.notReloaded") is True
