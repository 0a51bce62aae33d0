"""Pictures of a group's details, as its owner sees them, and of the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tools.screens_people import act, bearer

if TYPE_CHECKING:
    from tools.screenshots import Camera

ANNOUNCEMENT = "We tag on Thursday at ten. 请在周三晚上之前写好各自的说明。"


async def open_group(url: str, owner: dict[str, Any], title: str) -> str:
    """Who wants to come into the group of this title has to ask. Returns where."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1") as rest:
        listed = await rest.get("/conversations", headers=bearer(owner))
        rows = listed.raise_for_status().json()["conversations"]
        (group,) = (row["id"] for row in rows if row["title"] == title)
        path = f"/conversations/{group}"
        wish = {"client_id": "story-join", "settings": {"join": "approval"}}
        await act(rest, f"{path}/update", wish, owner)
        said = {"client_id": "story-said", "announcement": ANNOUNCEMENT}
        await act(rest, f"{path}/update", said, owner)
        made = await rest.post(
            f"{path}/links", json={"client_id": "story-link"}, headers=bearer(owner)
        )
        way_in: str = made.raise_for_status().json()["path"]
        return way_in


async def walk_join(camera: Camera, way_in: str, title: str) -> None:
    """As somebody who is not in the group."""
    await camera.page.goto(way_in)
    await camera.page.get_by_role("heading", name=title).wait_for()
    await camera.shoot("06-join")


async def walk_group(camera: Camera, member: str) -> None:
    """From the open details on; `member` is whose acts are shown."""
    page = camera.page

    def line(key: str) -> Any:
        return page.get_by_role("complementary").get_by_role("button", name=camera.say(key)).last

    for number, panel in enumerate(("members", "links", "settings", "requests")):
        await line("details.allMembers" if panel == "members" else f"details.{panel}").click()
        await camera.shoot(f"12-{number}-{panel}")
        if panel == "links":
            await (
                page.get_by_role("list", name=camera.say("details.links"))
                .get_by_role("button")
                .first.click()
            )
            await page.get_by_role("img", name=camera.say("details.qr")).wait_for()
            await camera.shoot("12-4-link")
            await page.keyboard.press("Escape")
        if panel == "settings":
            await line("details.permissions").click()
            await camera.shoot("12-5-permissions")
        await camera.press("details.back")
    await page.get_by_role("complementary").get_by_role("button", name=member).click()
    await camera.shoot("12-6-member")
    await page.keyboard.press("Escape")
