"""What stands in a group's thread besides messages, and where one would write when one may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tools.screens_people import act, bearer

if TYPE_CHECKING:
    from tools.screenshots import Camera

TITLE = "Garden · 花园"


async def walk_quiet(
    camera: Camera, url: str, me: dict[str, Any], owner: dict[str, Any], others: list[str]
) -> None:
    """`me` is signed in at the camera, and a member of a new group of `owner`; `others` are ids."""
    page, say = camera.page, camera.say
    async with httpx.AsyncClient(base_url=f"{url}/api/v1") as rest:
        mine = me["user"]["id"]
        members = {"kind": "group", "members": [mine], "title": TITLE}
        made = await rest.post("/conversations", json=members, headers=bearer(owner))
        group = made.raise_for_status().json()["conversation"]["id"]
        count = 0

        async def do(name: str, **body: Any) -> None:
            nonlocal count
            count += 1
            wish = {"client_id": f"garden-{count}", **body}
            await act(rest, f"/conversations/{group}/{name}", wish, owner)

        await do("members", members=others)
        await do("messages", text="The tomatoes are ready. 西红柿熟了。")
        await do("events/3/pin")
        await do("role", user_id=others[0], role="administrator")
        await do("mute", user_id=others[1], for_s=3_600)
        await do("members/remove", members=[others[1]])
        await do("messages", text="The gate is open", expires_in_s=1)
        await do("mute", user_id=mine, for_s=3_600)
        await page.goto(f"/c/{group}")
        await page.get_by_role("note").wait_for()
        await page.get_by_text(say("message.expired")).first.wait_for()
        await camera.shoot("80-muted")
        await do("mute", user_id=mine, off=True)
        await do("update", settings={"read_only": True})
        await page.get_by_text(say("quiet.channel")).wait_for()
        await camera.shoot("81-channel")
        await do("update", settings={"read_only": False})
        await do("update", settings={"slow_mode_s": 60})
        await camera.field("composer.label", "One moment")
        await page.keyboard.press("Enter")
        await camera.field("composer.label", "I am not done yet")
        await page.get_by_text(say("quiet.slow").split("{")[0]).wait_for()
        await camera.shoot("82-slow-mode")
        await camera.field("composer.label", "")
        await do("dissolve")
        await page.get_by_text(say("quiet.dissolved")).wait_for()
        await camera.shoot("83-dissolved")


async def walk_failing(camera: Camera) -> None:
    """Pages that ask the server, while it is away."""
    page = camera.page
    await page.goto("/settings/devices")
    await page.get_by_text(camera.say("signIns.failed")).wait_for()
    await camera.shoot("84-devices-failed")
    await page.goto("/settings/privacy")
    await page.get_by_text(camera.say("privacy.failed")).wait_for()
    await camera.shoot("85-privacy-failed")
