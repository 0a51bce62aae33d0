"""A finger on a touch screen, as the browser is told of it."""

from __future__ import annotations

from playwright.async_api import Locator, expect


async def rest_on(spot: Locator, shown: Locator) -> None:
    """Hold it on `spot` until `shown` is there, then lift it: which presses nothing."""
    page = spot.page
    box = await spot.bounding_box()
    assert box is not None
    touch = await page.context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    await expect(shown).to_be_visible()
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(shown).to_be_visible()
