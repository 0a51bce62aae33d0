"""A conversation of 100,000 messages in Chromium: how soon it is open, and what a key press costs.

The messages are put into the file of a server that does not run. A key press is measured from the
input to the layout after it, with 10,000 of the messages loaded behind it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.async_api import Page, async_playwright

from benches.figures import Figure, run
from benches.server import folder, serving
from benches.web import CHROMIUM, FLAGS

MESSAGES = 100_000
LOADED = 10_000
TITLE = "Long talk"
OPENS = 7
KEYS = 60
OPEN_AIM_MS = 300.0
KEY_AIM_MS = 16.0
_FILL = """
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
    INSERT INTO events (conversation_id, seq, kind, sender_id, sent_at, text)
    SELECT ?, n + 2, 'message', CASE n % 3 WHEN 0 THEN ? ELSE ? END, ? + n * 1000,
           'message **' || n || '** of some length, with `code` and https://example.org/' || n
    FROM numbers
"""
_OPEN = """
async (title) => {
  const row = [...document.querySelectorAll("a")].find((one) => one.textContent.includes(title));
  const began = performance.now();
  row.click();
  const frame = () => new Promise(requestAnimationFrame);
  while (!document.querySelector("[role=log] article")) await frame();
  await frame();
  return performance.now() - began;
}
"""
_LOAD = """
async (wanted) => {
  const box = document.querySelector("[role=log]");
  const frame = () => new Promise(requestAnimationFrame);
  while (![...box.querySelectorAll("article")].some((one) => one.textContent.includes(wanted))) {
    box.scrollTop = 0;
    await frame();
  }
}
"""
_KEY = """
async (letter) => {
  const field = document.querySelector("textarea");
  field.focus();
  const began = performance.now();
  document.execCommand("insertText", false, letter);
  await new Promise((done) => { const { port1, port2 } = new MessageChannel();
                                port1.onmessage = done; port2.postMessage(0); });
  void document.body.offsetHeight;
  return performance.now() - began;
}
"""


def measure() -> Iterator[Figure]:
    """Raises RuntimeError when there is no Chromium."""
    if not Path(CHROMIUM).exists():
        raise RuntimeError(f"no {CHROMIUM}; on Debian: apt-get install chromium")
    with folder() as data:
        with serving(data) as server:
            ann, token = server.sign_up("ann")
            bob, _ = server.sign_up("bob")
            body = {"kind": "group", "members": [bob], "title": TITLE}
            made = server.ask("POST", "/api/v1/conversations", body, token)
        talk = int(made["conversation"]["id"])
        fill(data / "parlor.db", talk, int(ann), int(bob))
        with serving(data) as server:
            opens, keys = asyncio.run(_browse(f"http://localhost:{server.port}"))
    yield Figure.beside(
        "web.open_long_chat",
        statistics.median(opens),
        "ms",
        "aim",
        OPEN_AIM_MS,
        aim=f"at most {OPEN_AIM_MS:g} ms",
        note=f"{MESSAGES:,} messages, median of {OPENS}, slowest {max(opens):.0f} ms",
    )
    yield Figure.beside(
        "web.key_press",
        statistics.median(keys),
        "ms",
        "aim",
        KEY_AIM_MS,
        aim=f"at most {KEY_AIM_MS:g} ms",
        note=f"{LOADED:,} messages loaded, median of {KEYS}, slowest {max(keys):.1f} ms",
    )


def fill(file: Path, talk: int, ann: int, bob: int) -> None:
    link = sqlite3.connect(file)
    start = int(time.time() * 1000) - MESSAGES * 1000
    last = MESSAGES + 1
    link.execute(_FILL, (MESSAGES, talk, ann, bob, start))
    link.execute("UPDATE conversations SET last_seq = ? WHERE id = ?", (last, talk))
    link.execute("UPDATE members SET read_seq = ? WHERE conversation_id = ?", (last, talk))
    link.commit()
    link.close()


async def _browse(url: str) -> tuple[list[float], list[float]]:
    """(milliseconds to open the conversation, milliseconds of key presses)"""
    keys = dict.fromkeys(("GOOGLE_API_KEY", "GOOGLE_DEFAULT_CLIENT_ID"), "no")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=False, args=list(FLAGS), env={**os.environ, **keys}
        )
        context = await browser.new_context(locale="en-US", service_workers="block")
        page = await context.new_page()
        await page.goto(url)
        await page.get_by_label("Account name").fill("ann")
        await page.get_by_label("Password", exact=True).fill("long enough for ann")
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("link", name=TITLE).wait_for()
        opens = [await _open(page, url) for _ in range(OPENS)]
        # A link to an old message would not load what is between.
        await page.evaluate(_LOAD, f"message {MESSAGES - LOADED} of some length")
        pressed = [float(await page.evaluate(_KEY, "x")) for _ in range(KEYS)]
        await browser.close()
    return opens, pressed


async def _open(page: Page, url: str) -> float:
    await page.goto(url)
    await page.get_by_role("link", name=TITLE).wait_for()
    return float(await page.evaluate(_OPEN, TITLE))


if __name__ == "__main__":
    run(measure, __doc__)
