"""Chat rooms: people meet by a name, talk, and nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.middlebox import Middlebox, Upgrades, middlebox
from tests.support.nursery import Nursery
from tests.support.person import PASSWORD, Person
from tests.support.rest_client import bearer
from tests.support.rest_server import make_admin, make_key
from tests.support.server import ParlorServer, running_parlor

SLOW = """
[[push.rooms]]
match = "chat://slow"
publish = true
publish_bytes = 30
slow_mode_s = 600.0

[[push.rooms]]
match = "chat://calm"
publish = true
user_rate = 0.01
user_burst = 1
"""
LINES = 60


@pytest.fixture
async def slow_server(tmp_path: Path, nursery: Nursery) -> AsyncIterator[ParlorServer]:
    file = tmp_path / "parlor.toml"
    file.write_text(SLOW)
    async with running_parlor(tmp_path, ["--config", str(file)], nursery=nursery) as running:
        yield running


@pytest.fixture
async def box(server: ParlorServer) -> AsyncIterator[Middlebox]:
    async with middlebox(server.port) as box:
        yield box


class Program:
    """Pushes to one room, as an operator's own programs do."""

    def __init__(self, http: httpx.AsyncClient, room: str) -> None:
        self._http = http
        self._room = room

    async def say(self, *lines: str) -> None:
        pushes = [{"to": {"room": self._room}, "body": line} for line in lines]
        (await self._http.post("/push/batch", json={"pushes": pushes})).raise_for_status()


async def _is_with(person: Person, people: int) -> None:
    words = "1 person here" if people == 1 else f"{people} people here"
    await expect(person.page.get_by_text(words, exact=True)).to_be_visible()


def _line(person: Person, text: str) -> Locator:
    return person.messages.get_by_role("listitem").filter(has_text=text)


async def test_people_meet_in_a_room_talk_and_find_each_other_again(
    arrive: Arrive, browser: Browser, server: ParlorServer, box: Middlebox, size: dict[str, int]
) -> None:
    """With the settings that a server has when nobody set any."""
    await make_admin(server, "ada", PASSWORD, "Ada Lovelace")
    headers = bearer(await make_key(server, "program", "push"))
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await Person.arrive(browser, box.url, "xiaoming", "王小明", size=size)
    await ada.sign_in()
    await ada.is_in()
    await ming.sign_up()

    # In by a name, and by the list.
    await ming.button("Chat rooms").click()
    await expect(ming.page.get_by_text(re.compile("^Nobody is in a chat room"))).to_be_visible()
    await ming.page.get_by_label("Name of the room").fill("lobby")
    await ming.button("Enter").click()
    await expect(ming.page.get_by_role("heading", name="lobby")).to_be_visible()
    await _is_with(ming, 1)
    await expect(ming.page.get_by_text("What is said here is not kept")).to_be_visible()
    await ada.button("Chat rooms").click()
    await check_screen(ada.page, "chat rooms")
    await ada.page.get_by_role("link", name=re.compile("^lobby")).click()
    await _is_with(ada, 2)
    await _is_with(ming, 2)

    await ming.button("2 people here").click()
    sheet = ming.page.get_by_role("dialog", name="In “lobby” now")
    await expect(sheet.get_by_role("link", name=re.compile("Ada Lovelace"))).to_be_visible()
    await expect(sheet.get_by_role("link", name=re.compile("王小明"))).to_contain_text("You")
    await ming.page.keyboard.press("Escape")

    # Everybody hears it once, and who said it.
    await ada.say("Hello everybody")
    await ming.sees("Hello everybody")
    await expect(_line(ming, "Hello everybody")).to_contain_text("Ada Lovelace")
    await expect(_line(ada, "Hello everybody")).to_contain_text("You")
    await expect(ming.button("Say it as important")).to_have_count(0)
    await ada.button("Say it as important").click()
    await ada.say("Doors close at ten")
    await expect(_line(ming, "Doors close at ten")).to_contain_text("Important")
    await expect(_line(ada, "Hello everybody")).not_to_contain_text("Important")
    await check_screen(ming.page, "a chat room")

    # What is said while one's link is lost comes when it is back.
    with ming.watcher.websocket_blocked():
        box.upgrades = Upgrades.REFUSE
        box.cut()
        await ada.say("Is anybody there?")
        box.upgrades = Upgrades.PASS
        await ming.sees("Is anybody there?")
        await ming.say("我在")
        await ada.sees("我在")
        await expect(ming.page.get_by_text("Some messages were missed here")).to_have_count(0)

        # Who reads further up is not moved, and is told how much is new.
        async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers) as http:
            program = Program(http, "chat://lobby")
            await program.say(*(f"number {number}" for number in range(LINES)))
            last = ada.messages.get_by_text(f"number {LINES - 1}", exact=True)
            await expect(last).to_be_in_viewport()
            await expect(_line(ada, "number 7").first).to_contain_text("Announcement")
            await ada.messages.focus()
            await ada.page.keyboard.press("Home")
            first = ada.messages.get_by_text("Hello everybody", exact=True)
            await expect(first).to_be_in_viewport()
            await program.say("late one")
            down = ada.button("1 new message")
            await expect(down).to_be_visible()
            await expect(first).to_be_in_viewport()
            await down.click()
            await expect(ada.messages.get_by_text("late one", exact=True)).to_be_in_viewport()
            await expect(down).to_have_count(0)

        # Whoever comes anew sees the last of it, and nothing is in the list of chats.
        await ada.reload()
        await ada.sees("late one")
        await _is_with(ada, 2)
        await ming.button(re.compile("^(Back|All chat rooms)$")).click()
        await _is_with(ada, 1)
        await expect(ming.page.get_by_text("Only this browser knows.")).to_be_visible()
        ming.watcher.check()
        await ming.page.context.close()

    # Another server process knows nothing of it any more, and that is told.
    with ada.watcher.server_down():
        await server.kill()
        await server.start()
        await expect(ada.messages.get_by_text("Some messages were missed here")).to_have_count(1)
    await ada.say("Still here")


async def test_slow_mode_and_length_are_said_where_one_writes(
    browser: Browser, slow_server: ParlorServer, size: dict[str, int]
) -> None:
    ada = await Person.arrive(browser, slow_server.url, "ada", "Ada Lovelace", size=size)
    await ada.sign_up()
    with ada.watcher.leaving():
        await ada.page.goto(f"/room/{quote('chat://slow', safe='')}")
    await expect(ada.page.get_by_text("Slow mode: one message in 10:00.")).to_be_visible()
    await ada.composer.fill("一二三四五六七八九十一二")
    await expect(ada.page.get_by_text("leave out 2 characters")).to_be_visible()
    await expect(ada.button("Send")).to_be_disabled()
    await ada.say("first")
    waits = re.compile(r"^Slow mode: you can write again in (10:00|9:\d\d)\.$")
    await expect(ada.page.get_by_text(waits)).to_be_visible()
    # A page that does not know is told by the server, and gives back what was written.
    await ada.reload()
    await ada.composer.fill("second")
    await ada.composer.press("Enter")
    await expect(ada.page.get_by_text(waits).first).to_be_visible()
    await expect(ada.composer).to_have_value("second")
    await check_screen(ada.page, "slow mode")
    with ada.watcher.leaving():
        await ada.page.goto(f"/room/{quote('chat://calm', safe='')}")
    await ada.say("one")
    await ada.composer.fill("two")
    await ada.composer.press("Enter")
    too_fast = re.compile(r"^That was too fast: you can write again in 1:\d\d\.$")
    await expect(ada.page.get_by_text(too_fast).first).to_be_visible()
    await expect(ada.composer).to_have_value("two")
    # A room of no policy is for programs; who is in it may only read.
    with ada.watcher.leaving():
        await ada.page.goto(f"/room/{quote('live://1/a b', safe='')}")
    await expect(ada.page.get_by_role("heading", name="live://1/a b")).to_be_visible()
    await expect(ada.page.get_by_text("In this room you can only read.")).to_be_visible()
    # Where one was is for one's own eyes, while one is signed in.
    await ada.button(re.compile("^(Back|All chat rooms)$")).click()
    await expect(ada.button("Forget live://1/a b")).to_be_visible()
    await ada.button("Forget calm").click()
    await expect(ada.page.get_by_role("link", name="calm")).to_have_count(0)
    await ada.sign_out()
    assert await ada.page.evaluate("localStorage.getItem('parlor.rooms')") is None
    ada.watcher.check()
    await ada.page.context.close()
