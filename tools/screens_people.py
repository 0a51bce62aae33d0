"""The screens of people: the list's menu, contacts, requests, a person, own profile, devices."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tools.screenshots import Camera

SIDE = 64
GRACE_REMARK = "Grace (Ops)"
"""What Ada calls her, on every screen that names her."""


async def make_friends(
    rest: httpx.AsyncClient, people: dict[tuple[str, str], dict[str, Any]], me: tuple[str, str]
) -> None:
    """`me` gets two contacts with pictures, one who asks, one asked and one blocked."""
    mine = people[me]
    own = mine["user"]["id"]
    others = [person for name, person in people.items() if name != me]
    for number, other in enumerate(others[:2]):
        await act(rest, "/contacts", {"user": own}, other)
        await act(rest, f"/contacts/{other['user']['id']}/decide", {"accept": True}, mine)
        colour = ((46, 120, 160), (170, 90, 60))[number]
        await rest.post("/me/avatar", content=picture(*colour), headers=bearer(other))
        about = {"about": "先上线，再睡觉。\nShips first, sleeps second."}
        (await rest.patch("/me", json=about, headers=bearer(other))).raise_for_status()
    first = others[1]["user"]["id"]
    note = {"remark": GRACE_REMARK, "tags": ["work", "同事"]}
    (await rest.patch(f"/contacts/{first}", json=note, headers=bearer(mine))).raise_for_status()
    await act(rest, "/contacts", {"user": own, "text": "Hi, we met on Friday."}, others[2])
    asked = {"user": others[3]["user"]["id"], "text": "Hello, this is Ada."}
    await act(rest, "/contacts", asked, mine)
    nuisance = {
        "name": "seller",
        "password": "correct horse battery",
        "display_name": "Best Prices",
    }
    made = await rest.post("/accounts", json=nuisance)
    await act(
        rest, "/blocks", {"user": made.raise_for_status().json()["user"]["id"], "on": True}, mine
    )


def bearer(person: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {person['token']}"}


async def act(
    rest: httpx.AsyncClient, path: str, body: dict[str, Any], person: dict[str, Any]
) -> None:
    (await rest.post(path, json=body, headers=bearer(person))).raise_for_status()


def picture(red: int, green: int, blue: int) -> bytes:
    """A PNG that goes from one colour to white."""
    rows = []
    for y in range(SIDE):
        share = y / SIDE / 2
        pixel = bytes(round(part + (255 - part) * share) for part in (red, green, blue))
        rows.append(b"\0" + pixel * SIDE)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


async def walk_people(camera: Camera, contact: str, stranger: str) -> None:
    """`contact` and `stranger` are ids. Somebody is signed in."""
    page = camera.page
    await page.goto("/")
    row = page.get_by_role("region", name=camera.say("list.label")).get_by_role("link").first
    await row.click(button="right")
    await page.get_by_role("menuitem", name=camera.say("rowMenu.pin")).wait_for()
    await camera.shoot("60-row-menu")
    await page.keyboard.press("Escape")
    await page.goto("/contacts")
    await page.get_by_text(GRACE_REMARK).first.wait_for()
    await camera.shoot("61-contacts")
    await camera.press("people.add")
    await camera.field("people.searchAll", "c")
    await page.get_by_role("dialog").get_by_text("@chensiyuan").wait_for()
    await camera.shoot("62-add-contact")
    for path, words, screen in (
        ("/contacts/requests", "people.incoming", "63-requests"),
        ("/contacts/blocked", "people.blockedText", "64-blocked"),
        (f"/u/{contact}", "people.note", "65-contact"),
        (f"/u/{stranger}", "people.stranger", "66-stranger"),
        ("/u/12345", "people.gone", "67-nobody"),
        ("/settings", "privacy.summary", "68-settings"),
        ("/settings/profile", "profile.aboutHint", "69-profile"),
        ("/settings/privacy", "privacy.seen", "70-privacy"),
        ("/settings/devices", "signIns.this", "71-devices"),
        ("/settings/password", "password.text", "74-password"),
    ):
        await page.goto(path)
        await page.get_by_text(camera.say(words), exact=True).first.wait_for()
        await camera.shoot(screen)
    await page.goto(f"/u/{stranger}")
    await page.get_by_role("main").get_by_role("button", name=camera.say("people.add")).click()
    await camera.shoot("72-greeting")
    await page.goto("/settings/profile")
    await page.get_by_text(camera.say("profile.aboutHint")).wait_for()
    await page.locator("input[type=file]").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": picture(90, 60, 160)}
    )
    await page.get_by_role("dialog", name=camera.say("picture.title")).wait_for()
    await camera.shoot("73-crop")
