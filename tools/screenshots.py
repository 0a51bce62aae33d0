"""Write a picture of every screen: two sizes, light and dark, English and Chinese.

`python -m tools.screenshots [FOLDER]` starts a real server with a few people and their talk, walks
through the app in Debian's Chromium and fills FOLDER (docs/screenshots-out). The one picture that
the README shows is written to docs/screenshot.png in the same run. `--only PART` walks only the
looks whose name contains PART, such as `phone-dark-zh`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

from tests.support.browser import DESKTOP, PHONE, launch_chromium
from tests.support.server import ParlorServer, running_parlor
from tools.screens_group import open_group, walk_group, walk_join
from tools.screens_people import GRACE_REMARK, make_friends, walk_people
from tools.screens_quiet import walk_failing, walk_quiet
from tools.screens_rooms import walk_rooms
from tools.screens_stage import tell_the_stage, walk_stage

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"
ADA, LIN, GRACE = ("ada", "Ada Lovelace"), ("linxiaoyu", "林晓雨"), ("grace", "Grace Hopper")
CHEN, MAYA, TARIQ = ("chensiyuan", "陈思远"), ("maya", "Maya Sharma"), ("tariq", "Tariq Aziz")
GROUP = "Release 1.0 · 发布"

DIRECT_TALK = (
    (LIN, "早！昨天的构建全部通过了 🎉"),
    (ADA, "Morning! That was quick."),
    (ADA, "Did the migration run on the copy of the school's database?"),
    (LIN, "跑了，4 分 12 秒，比上次快一半。"),
    (LIN, "日志在这里：https://ci.example.org/builds/1842"),
    (ADA, "Great. Then we go on Thursday, as planned."),
    (LIN, "好的，我把通知写好，先给你看。"),
    (ADA, "👍"),
    (LIN, "对了，下午有空吗？想和你过一遍升级步骤，大概二十分钟。"),
    (ADA, "Half past three works. I will call you."),
)
GROUP_TALK = (
    (GRACE, "The draft of the release notes is ready: https://docs.example.org/notes"),
    (LIN, "中文版我来写，今天下班前给大家。"),
    (GRACE, "Thank you! I left two questions in the upgrade section."),
    (ADA, "Answered both. The second one needs a sentence about backups."),
    (GRACE, "Done. Anything else before we tag?"),
)


STORY = (
    ("", [TARIQ], [(ADA, "Thanks for the review!"), (TARIQ, "Any time 🙂")]),
    ("Reading circle", [MAYA, TARIQ], [(MAYA, "Chapter 4 until Friday?")]),
    ("", [CHEN], [(CHEN, "服务器的证书下周到期，我今晚换。"), (ADA, "好的，谢谢！")]),
    ("", [MAYA], [(MAYA, "The room is booked for Thursday.")]),
    (GROUP, [LIN, GRACE], GROUP_TALK),
    ("", [LIN], DIRECT_TALK),
)

PORTRAIT = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" width="640" height="360"
     preserveAspectRatio="xMidYMid slice" style="position:fixed;inset:0">
  <rect width="640" height="360" fill="{wall}"/>
  <rect x="40" y="36" width="150" height="190" rx="4" fill="#eef3f7"/>
  <path d="M115 36v190M40 131h150" stroke="{wall}" stroke-width="7"/>
  <rect x="462" y="96" width="150" height="9" fill="#7a5a3c"/>
  <path d="M478 50h15v46h-15zM496 42h12v54h-12zM511 56h19v40h-19z" fill="#556b8d"/>
  <path d="M562 96c-26-20-16-48 0-58 16 12 26 38 0 58z" fill="#4d7a4f"/>
  <rect x="550" y="76" width="26" height="20" rx="3" fill="#c27b50"/>
  <path d="M238 190c-10-92 28-128 82-128s92 36 82 128l6 40H232z" fill="{hair}"/>
  <path d="M150 360c6-82 70-104 170-104s164 22 170 104z" fill="{shirt}"/>
  <path d="M290 214h60v44c-12 24-48 24-60 0z" fill="{shade}"/>
  <ellipse cx="320" cy="162" rx="56" ry="70" fill="{skin}"/>
  <path d="M262 152c2-58 34-72 62-72 34 0 56 24 54 72-14-12-24-30-28-44-22 18-58 22-88 44z"
        fill="{hair}"/>
  <path d="M294 158h10M336 158h10" stroke="#2a1d18" stroke-width="7" stroke-linecap="round"/>
  <path d="M300 196q20 15 40 0" stroke="#8c3b34" stroke-width="5" fill="none"
        stroke-linecap="round"/>
</svg>
"""
FACES = {
    ADA: {"wall": "#c9bda9", "hair": "#4a2f22", "shirt": "#33518f", "skin": "#eec3a0",
          "shade": "#d9a67f"},
    LIN: {"wall": "#b4c4c4", "hair": "#1d1a1f", "shirt": "#a4563f", "skin": "#efcaa6",
          "shade": "#dcae85"},
}  # fmt: skip
FRAMES = 30
DRAFT_SAVED_MS = 1_000


@dataclass(frozen=True)
class Look:
    """One combination of size, theme and language."""

    size: str
    theme: str
    language: str

    @property
    def name(self) -> str:
        return f"{self.size}-{self.theme}-{self.language}"

    @property
    def viewport(self) -> dict[str, int]:
        return PHONE if self.size == "phone" else DESKTOP


LOOKS = [
    Look(*parts)
    for parts in itertools.product(("desktop", "phone"), ("light", "dark"), ("en", "zh"))
]
README_LOOK = Look("desktop", "light", "en")


async def tell_the_story(url: str) -> dict[tuple[str, str], dict[str, Any]]:
    """A few people and what they wrote to Ada, the newest last."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1") as rest:
        people: dict[tuple[str, str], dict[str, Any]] = {}
        for name, display_name in (ADA, LIN, GRACE, CHEN, MAYA, TARIQ):
            body = {"name": name, "password": PASSWORD, "display_name": display_name}
            people[name, display_name] = (await _post(rest, "/accounts", body)).json()

        speakers = [people[one] for one in (ADA, LIN, GRACE)]
        ada, lin, grace = (str(one["token"]) for one in speakers)
        await tell_the_stage(rest, ada, lin, grace, [one["user"]["id"] for one in speakers])
        for title, others, talk in STORY:
            kind = "group" if title else "direct"
            members = [people[other]["user"]["id"] for other in others]
            thread = {"kind": kind, "members": members, "title": title}
            made = await _post(rest, "/conversations", thread, people[ADA])
            path = f"/conversations/{made.json()['conversation']['id']}/messages"
            for number, (speaker, text) in enumerate(talk):
                message = {"client_id": f"story-{number}", "text": text}
                await _post(rest, path, message, people[speaker])
        await make_friends(rest, people, ADA)
        return people


async def _post(
    rest: httpx.AsyncClient, path: str, body: object, speaker: dict[str, Any] | None = None
) -> httpx.Response:
    headers = {} if speaker is None else {"Authorization": f"Bearer {speaker['token']}"}
    reply = await rest.post(path, json=body, headers=headers)
    reply.raise_for_status()
    return reply


class Camera:
    """A page in one look. `shoot` waits for the fonts and writes the picture."""

    def __init__(self, page: Page, look: Look, folder: Path, words: dict[str, Any]) -> None:
        self.page = page
        self.look = look
        self._folder = folder
        self._words = words

    def say(self, key: str, **filled: str) -> str:
        """The app's own words for `key`, in the language of this look."""
        found: Any = self._words
        for part in key.split("."):
            found = found[part]
        text: str = found
        for name, value in filled.items():
            text = text.replace("{" + name + "}", value)
        return text

    async def shoot(self, screen: str) -> None:
        await self.page.evaluate("document.fonts.ready")
        await self.page.wait_for_timeout(250)
        await self.page.screenshot(path=self._folder / f"{screen}-{self.look.name}.png")

    async def press(self, key: str, **filled: str) -> None:
        await self.page.get_by_role(
            "button", name=self.say(key, **filled), exact=True
        ).first.click()

    async def field(self, key: str, text: str) -> None:
        await self.page.get_by_role("textbox", name=self.say(key), exact=True).fill(text)

    async def sign_in(self, account: str) -> None:
        await self.page.get_by_label(self.say("auth.accountName")).fill(account)
        await self.page.get_by_label(self.say("auth.password"), exact=True).fill(PASSWORD)
        await self.press("auth.signIn")
        await self.page.get_by_role("navigation", name=self.say("nav.label")).wait_for()

    async def open_chat(self, title: str) -> None:
        await self.page.goto("/")
        await self.page.get_by_role("link", name=title).first.click()
        await self.page.get_by_role(
            "textbox", name=self.say("composer.label"), exact=True
        ).wait_for()


async def draw_cameras(playwright: Playwright, folder: Path) -> dict[tuple[str, str], Path]:
    """What the two people's cameras see: a drawn portrait each, as Motion JPEG for Chromium."""
    browser = await launch_chromium(playwright)
    page = await browser.new_page(viewport={"width": 640, "height": 360})
    drawn = {}
    for person, colours in FACES.items():
        svg = PORTRAIT
        for name, colour in colours.items():
            svg = svg.replace("{" + name + "}", colour)
        await page.set_content(svg)
        frame = await page.screenshot(type="jpeg", quality=90)
        drawn[person] = folder / f"{person[0]}.mjpeg"
        drawn[person].write_bytes(frame * FRAMES)
    await browser.close()
    return drawn


@asynccontextmanager
async def open_camera(
    browser: Browser, url: str, look: Look, folder: Path
) -> AsyncIterator[Camera]:
    context = await browser.new_context(
        base_url=url,
        viewport=look.viewport,  # type: ignore[arg-type]
        color_scheme=look.theme,  # type: ignore[arg-type]
        locale="zh-CN" if look.language == "zh" else "en-GB",
        has_touch=look.size == "phone",
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    page = await context.new_page()
    await page.goto("/")
    camera = Camera(page, look, folder, _words(look.language))
    try:
        yield camera
    except Exception:
        await camera.shoot("99-where-it-failed")
        raise
    finally:
        await context.close()


def _words(language: str) -> dict[str, Any]:
    """The catalogue out of the TypeScript source: an object of plain strings."""
    source = (ROOT / f"web/app/src/i18n/{language}.ts").read_text()
    body = source[source.index(f"const {language}") :]
    body = body[body.index("{") : body.index("\n};") + 2]
    lines = []
    for line in body.splitlines():
        key, colon, rest = line.strip().partition(":")
        quoted = colon and key.replace("_", "").isalnum()
        lines.append(f'"{key}":{rest}' if quoted else line.strip())
    found: dict[str, Any] = json.loads("".join(lines).replace(",}", "}"))
    return found


async def walk(camera: Camera, set_up_link: str, newcomer: str, way_in: str) -> None:
    """Every screen that one person alone can reach."""
    page = camera.page
    await page.get_by_role("tab", name=camera.say("auth.signIn")).wait_for()
    await camera.shoot("01-sign-in")
    await page.get_by_role("tab", name=camera.say("auth.signUp")).click()
    await page.get_by_label(camera.say("auth.accountName")).fill("a")
    await page.get_by_label(camera.say("auth.password"), exact=True).fill("short")
    await camera.press("auth.createAccount")
    await camera.shoot("02-sign-up-wrong")
    await page.goto(set_up_link)
    await page.get_by_label(camera.say("auth.accountName")).wait_for()
    await camera.shoot("03-set-up")
    await page.goto("/setup/spent")
    await page.get_by_text(camera.say("setUp.deadTitle")).wait_for()
    await camera.shoot("04-set-up-spent")

    await page.goto("/")
    await page.get_by_role("tab", name=camera.say("auth.signUp")).click()
    await page.get_by_label(camera.say("auth.accountName")).fill(newcomer)
    await page.get_by_label(camera.say("auth.password"), exact=True).fill(PASSWORD)
    await camera.press("auth.createAccount")
    await page.get_by_text(camera.say("list.empty")).wait_for()
    await camera.shoot("05-no-conversations")
    await walk_join(camera, way_in, GROUP)
    await page.goto("/settings")
    await camera.press("settings.signOut")
    await camera.shoot("06-sign-out")
    dialog = page.get_by_role("dialog", name=camera.say("settings.signOutTitle"))
    await dialog.get_by_role("button", name=camera.say("settings.signOut"), exact=True).click()
    await page.get_by_role("tab", name=camera.say("auth.signIn")).wait_for()

    await page.goto("/")
    await camera.sign_in(ADA[0])
    await page.get_by_role("link", name=LIN[1]).first.wait_for()
    await camera.shoot("10-chats")
    await camera.press("notify.no")
    await camera.open_chat(GROUP)
    await camera.shoot("11-group")
    await camera.press("chat.details")
    await page.get_by_text(camera.say("details.role.owner")).wait_for()
    await camera.shoot("12-details")
    await walk_group(camera, GRACE_REMARK)
    await camera.press("details.close")
    await camera.open_chat(LIN[1])
    await camera.press("composer.emoji")
    await page.get_by_role("textbox", name=camera.say("emoji.search")).wait_for()
    await camera.shoot("13-emoji")
    await page.keyboard.press("Escape")
    await camera.field("composer.label", "这是一段很长的草稿。" * 410)
    await camera.shoot("14-too-long")
    await camera.field("composer.label", "")
    await page.wait_for_timeout(DRAFT_SAVED_MS)

    await page.goto("/")
    await camera.field("list.search", "gr")
    await page.get_by_text("@grace").wait_for()
    await camera.shoot("20-search")
    await camera.field("list.search", "")
    await camera.press("list.findPeople")
    await camera.field("people.search", "li")
    await page.get_by_text("@linxiaoyu").wait_for()
    await camera.shoot("21-find-people")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.goto("/")
    await camera.press("list.newGroup")
    await camera.field("group.name", "Lunch · 午饭")
    await page.get_by_role("checkbox", name=LIN[1]).click()
    await camera.shoot("22-new-group")
    await page.goto("/")
    await page.get_by_role("link", name=LIN[1]).first.wait_for()
    await page.keyboard.press("Control+k")
    await page.get_by_role("option").first.wait_for()
    await camera.shoot("23-jump")
    await page.goto("/contacts")
    await page.get_by_text(camera.say("people.known")).wait_for()
    await camera.shoot("24-contacts")
    await page.goto("/settings")
    await page.get_by_role("heading", name=camera.say("settings.appearance")).wait_for()
    await camera.shoot("30-settings")
    await page.goto("/nowhere/at/all")
    await page.get_by_text(camera.say("common.notFoundTitle")).wait_for()
    await camera.shoot("31-missing")
    await page.goto("/c/none")
    await page.get_by_text(camera.say("chat.notFound")).wait_for()
    await camera.shoot("32-no-such-conversation")
    await walk_stage(camera)


async def walk_calls(camera: Camera, other: Camera, readme: Path | None) -> None:
    """Calls between the two: `other` is Lin, signed in with an own camera."""
    page = camera.page
    await camera.open_chat(LIN[1])
    await other.open_chat(ADA[1])

    await camera.press("chat.videoCall")
    await other.page.get_by_role("alertdialog").wait_for()
    await camera.shoot("40-calling")
    await other.press("call.acceptSound")
    await page.get_by_role("button", name=camera.say("call.hangUp")).wait_for()
    await camera.shoot("41-sound-only")
    await other.press("call.cameraOn")
    await expect(page.locator("video").first).to_be_visible()
    await page.wait_for_timeout(2_000)
    await camera.shoot("42-video")
    await camera.press("call.devices")
    await camera.shoot("43-devices")
    await camera.press("call.chat")
    await camera.shoot("44-small-call")
    if readme is not None:
        await page.screenshot(path=readme)
    await camera.press("call.hangUp")
    await camera.shoot("45-call-record")

    await other.page.wait_for_timeout(500)
    await other.open_chat(ADA[1])
    await other.press("chat.audioCall")
    await page.get_by_role("alertdialog").wait_for()
    await camera.shoot("46-incoming")
    await camera.press("call.reject")
    await other.press("call.close")


async def walk_docs(camera: Camera) -> None:
    await camera.page.goto("/docs")
    await camera.page.get_by_text("/api/v1/sessions").first.wait_for()
    await camera.shoot("50-api")


async def walk_offline(camera: Camera, server: ParlorServer) -> None:
    """The server dies under an open chat."""
    await camera.open_chat(LIN[1])
    await server.kill()
    await camera.page.get_by_text(camera.say("link.reconnecting")).wait_for()
    await camera.field("composer.label", "Are you there?")
    await camera.press("composer.send")
    await camera.shoot("51-reconnecting")
    await walk_failing(camera)
    await server.start()
    await camera.page.get_by_text(camera.say("link.reconnecting")).wait_for(state="hidden")


async def main(folder: Path, only: str) -> None:
    looks = [look for look in LOOKS if only in look.name]
    with tempfile.TemporaryDirectory() as scratch:
        async with running_parlor(Path(scratch)) as server, async_playwright() as playwright:
            people = await tell_the_story(server.url)
            way_in = await open_group(server.url, people[ADA], GROUP)
            known, stranger = (people[one]["user"]["id"] for one in (LIN, TARIQ))
            link = await set_up_link(server)
            cameras = await draw_cameras(playwright, Path(scratch))
            browser = await launch_chromium(playwright, camera=cameras[ADA])
            other_browser = await launch_chromium(playwright, camera=cameras[LIN])
            for number, look in enumerate(looks):
                async with (
                    open_camera(browser, server.url, look, folder) as camera,
                    open_camera(other_browser, server.url, README_LOOK, folder) as other,
                ):
                    await walk(camera, link, f"newcomer{number}", way_in)
                    await other.sign_in(LIN[0])
                    readme = ROOT / "docs/screenshot.png" if look == README_LOOK else None
                    await walk_rooms(camera, other)
                    await walk_calls(camera, other, readme)
                    await walk_people(camera, known, stranger)
                    ids = [people[one]["user"]["id"] for one in (LIN, TARIQ)]
                    await walk_quiet(camera, server.url, people[ADA], people[GRACE], ids)
                    await walk_offline(camera, server)
                    await walk_docs(camera)
                print(f"{look.name} done", flush=True)
            await browser.close()
            await other_browser.close()


async def set_up_link(server: ParlorServer) -> str:
    """The path of a link that makes an administrator, as the command line gives it."""
    command = (sys.executable, "-m", "parlor.boot.cli", "user", "add", "headmaster", "--admin")
    process = await asyncio.create_subprocess_exec(
        *command, "--data", str(server.data), stdin=DEVNULL, stdout=PIPE
    )
    printed, _ = await process.communicate()
    return "/setup/" + printed.decode().partition("/setup/")[2].split()[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs/screenshots-out")
    parser.add_argument("--only", default="", help="only looks whose name contains this")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(chosen.folder, chosen.only))
