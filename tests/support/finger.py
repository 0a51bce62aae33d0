"""A finger on a touch screen, as the browser is told of it."""

from __future__ import annotations

from playwright.async_api import CDPSession, Locator, expect

STEPS = 6


async def rest_on(spot: Locator, shown: Locator) -> None:
    """Hold it on `spot` until `shown` is there, then lift it: which presses nothing."""
    touch = await spot.page.context.new_cdp_session(spot.page)
    await _tell(touch, "touchStart", await _middle(spot))
    await expect(shown).to_be_visible()
    await _tell(touch, "touchEnd")
    await expect(shown).to_be_visible()


async def pull(spot: Locator, *, x: float, y: float, start: float | None = None) -> None:
    """Put it on the middle of `spot`, or at the height of that `start` from the left edge, draw
    it so far and lift it."""
    touch = await spot.page.context.new_cdp_session(spot.page)
    begin_x, begin_y = await _middle(spot)
    if start is not None:
        begin_x = start
    await _tell(touch, "touchStart", (begin_x, begin_y))
    for step in range(1, STEPS + 1):
        part = step / STEPS
        await _tell(touch, "touchMove", (begin_x + x * part, begin_y + y * part))
    await _tell(touch, "touchEnd")


async def _middle(spot: Locator) -> tuple[float, float]:
    box = await spot.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def _tell(touch: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    where = [{"x": x, "y": y} for x, y in points]
    await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
