"""Chat rooms: the ways in, a room in which two people talk, and one in which one may only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.screenshots import Camera

LOBBY = "/room/chat%3A%2F%2Flobby"
SAID = ("Is this on?", "听得到，画面也清楚 👍", "Slides: https://example.org/plan")


async def walk_rooms(camera: Camera, other: Camera) -> None:
    """Two people are signed in. The first one's pictures are taken."""
    page, say = camera.page, camera.say
    await other.page.goto(LOBBY)
    for text in SAID:
        await other.field("composer.label", text)
        await other.press("composer.send")
        await other.page.get_by_text(text[:12]).first.wait_for()
    await page.goto("/rooms")
    room = page.get_by_role("link", name="lobby").first
    await room.wait_for()
    await camera.shoot("90-rooms")
    await room.click()
    await page.get_by_text(SAID[0]).first.wait_for()
    await camera.field("composer.label", "Good morning, everybody")
    await camera.press("composer.send")
    await page.get_by_text("Good morning, everybody").first.wait_for()
    await camera.shoot("91-room")
    both = say("rooms.here", count="2").split(" | ")[1]
    await page.get_by_role("button", name=both).click()
    await page.get_by_role("dialog").wait_for()
    await camera.shoot("92-who-is-here")
    await page.goto("/room/live%3A%2F%2F1000")
    await page.get_by_role("note").wait_for()
    await camera.shoot("93-read-only-room")
    await other.page.goto("/")
