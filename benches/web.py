"""What a browser loads and how soon it paints: from nothing to an open chat, in Chromium.

Counts what crosses the wire, compressed, until the composer of a first conversation is there;
then paints the signed-in app again with its files cached, beside a page without a script.
"""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import Iterator
from pathlib import Path

from playwright.async_api import Page, Request, async_playwright

from benches.figures import Figure, run
from benches.server import folder, serving

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
BUDGET_KB = 250.0
PAINTS = 5
_PAINTED = """
() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null
"""


def measure() -> Iterator[Figure]:
    """Raises RuntimeError when there is no Chromium."""
    if not Path(CHROMIUM).exists():
        raise RuntimeError(f"no {CHROMIUM}; on Debian: apt-get install chromium")
    with folder() as data, serving(data) as server:
        server.sign_up("bob")
        loaded, app_ms, plain_ms = asyncio.run(_browse(f"http://localhost:{server.port}"))
    for suffix, budget in ((".js", BUDGET_KB), (".css", None)):
        sizes = [size for path, size in loaded if path.endswith(suffix)]
        yield Figure.beside(
            f"web.first_load_{suffix[1:]}",
            sum(sizes) / 1000,
            "kB compressed",
            "budget" if budget else "",
            budget,
            aim=f"at most {budget:g} kB" if budget else "",
            note=f"{len(sizes)} files, sign-up to an open chat",
        )
    yield Figure.beside(
        "web.first_paint",
        statistics.median(app_ms) / 1000,
        "s",
        "a page without a script",
        statistics.median(plain_ms) / 1000,
        aim="at most 1 s",
        note=f"median of {PAINTS}, slowest {max(app_ms):.0f} ms; signed in, files cached",
    )


async def _browse(url: str) -> tuple[list[tuple[str, int]], list[float], list[float]]:
    """(path and compressed size of each file, app's paints in ms, the plain page's)"""
    keys = dict.fromkeys(("GOOGLE_API_KEY", "GOOGLE_DEFAULT_CLIENT_ID"), "no")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=False, args=list(FLAGS), env={**os.environ, **keys}
        )
        # A service worker fetches the whole app in the background; its requests are not waited for.
        context = await browser.new_context(locale="en-US", service_workers="block")
        page = await context.new_page()
        finished: list[Request] = []
        page.on("requestfinished", lambda request: finished.append(request))
        await _open_a_chat(page, url)
        loaded = [
            (request.url.split("?")[0], (await request.sizes())["responseBodySize"])
            for request in finished
        ]
        app_ms, plain_ms = [], []
        for _ in range(PAINTS):
            app_ms.append(await _paint(page, url))
            plain_ms.append(await _paint(page, f"{url}/healthz"))
        await browser.close()
    return loaded, app_ms, plain_ms


async def _open_a_chat(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_role("tab", name="Sign up").click()
    await page.get_by_label("Account name").fill("ann")
    await page.get_by_label("Display name").fill("Ann")
    await page.get_by_label("Password", exact=True).fill("long enough for ann")
    await page.get_by_role("button", name="Create account").click()
    await page.get_by_role("textbox", name="Search people and chats").fill("bob")
    await page.get_by_role("button", name="@bob").click()
    await page.get_by_role("textbox", name="Message", exact=True).wait_for()
    await page.wait_for_load_state("networkidle")


async def _paint(page: Page, url: str) -> float:
    """Milliseconds from navigation to the first contentful paint."""
    await page.goto(url)
    async with asyncio.timeout(20):
        while (painted := await page.evaluate(_PAINTED)) is None:
            await asyncio.sleep(0.02)
    return float(painted)


if __name__ == "__main__":
    run(measure, __doc__)
