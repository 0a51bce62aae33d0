"""Calls between two browser processes: what is seen and heard is what the other one sends."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.support.browser import DESKTOP, PHONE
from tests.support.call_media import (
    received,
    remote_colour,
    wait_for_picture,
    wait_for_silence,
    wait_for_sound,
)
from tests.support.person import Person
from tests.support.server import ParlorServer


async def _meet(
    arrive: Arrive, one: Browser, other: Browser, size: dict[str, int]
) -> tuple[Person, Person]:
    """Two people with a conversation open on both sides."""
    ada = await arrive(one, "ada", "Ada Lovelace", size)
    ming = await arrive(other, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("喂")
    await ming.open_conversation(ada.name)
    return ada, ming


async def test_a_video_call_is_seen_and_heard_on_both_sides(
    arrive: Arrive, red_browser: Browser, blue_browser: Browser, size: dict[str, int]
) -> None:
    ada, ming = await _meet(arrive, red_browser, blue_browser, size)
    await ada.call("Video")
    await ming.rings("Video", ada)
    await ming.button("Accept with video").click()
    await asyncio.gather(ada.talks_to(ming), ming.talks_to(ada))

    await asyncio.gather(wait_for_picture(ada.page), wait_for_picture(ming.page))
    assert await remote_colour(ada.page) == "blue"
    assert await remote_colour(ming.page) == "red"
    await asyncio.gather(wait_for_sound(ada.page), wait_for_sound(ming.page))

    await ada.button("Mute").click()
    await wait_for_silence(ming.page)
    await wait_for_sound(ada.page)
    await ada.button("Unmute").click()
    await wait_for_sound(ming.page)

    await ada.button("Turn camera off").click()
    await ada.button("Turn camera on").click()
    await wait_for_picture(ming.page)
    assert await remote_colour(ming.page) == "red"

    await ming.button("Hang up").click()
    await asyncio.gather(ada.is_in_no_call(), ming.is_in_no_call())
    for person in (ada, ming):
        await person.sees_record(r"^Video call, ")


async def test_an_audio_call_sends_sound_only_and_video_can_be_added(
    arrive: Arrive, red_browser: Browser, blue_browser: Browser
) -> None:
    ada, ming = await _meet(arrive, red_browser, blue_browser, DESKTOP)
    await ming.call("Audio")
    await ada.rings("Audio", ming)
    await ada.button("Accept with sound").click()
    await asyncio.gather(wait_for_sound(ada.page), wait_for_sound(ming.page))
    assert (await received(ada.page)).frames == (await received(ming.page)).frames == 0

    await ada.button("Turn camera on").click()
    await wait_for_picture(ming.page)
    assert await remote_colour(ming.page) == "red"
    assert (await received(ada.page)).frames == 0

    await ada.button("Hang up").click()
    await asyncio.gather(ada.is_in_no_call(), ming.is_in_no_call())
    for person in (ada, ming):
        await person.sees_record(r"^Audio call, ")


async def test_a_rejected_call_stops_at_once_and_is_recorded(
    arrive: Arrive, browser: Browser
) -> None:
    ada, ming = await _meet(arrive, browser, browser, DESKTOP)
    await ada.call("Video")
    await ming.rings("Video", ada)
    await ming.button("Reject").click()
    await ming.is_in_no_call()
    await expect(ada.call_window(ming)).to_contain_text("Call rejected")
    await ada.button("Close").click()
    await ada.sees_record("^Video call, rejected$")
    await ming.sees_record("^You rejected this video call$")


async def test_a_caller_who_gives_up_stops_the_ringing(arrive: Arrive, browser: Browser) -> None:
    ada, ming = await _meet(arrive, browser, browser, PHONE)
    await ada.call("Audio")
    await ming.rings("Audio", ada)
    await ada.button("Cancel call").click()
    await expect(ming.incoming(ada)).to_have_count(0)
    await ada.sees_record("^Audio call, cancelled$")
    await ming.sees_record("^Missed audio call$")


async def test_answering_on_one_device_stops_the_ringing_on_the_other(
    arrive: Arrive, browser: Browser
) -> None:
    ada, ming = await _meet(arrive, browser, browser, DESKTOP)
    second = await arrive(browser, ming.account, ming.name, PHONE)
    await second.sign_in()
    await second.is_in()
    await ada.call("Audio")
    await asyncio.gather(ming.rings("Audio", ada), second.rings("Audio", ada))
    await second.button("Accept with sound").click()
    await expect(ming.incoming(ada)).to_have_count(0)
    await asyncio.gather(wait_for_sound(ada.page), wait_for_sound(second.page))
    assert (await received(ming.page)).packets == 0
    await second.button("Hang up").click()
    await ada.is_in_no_call()
    await ming.sees_record("^Audio call, ")


async def test_a_call_goes_on_while_the_server_is_dead_and_ends_when_it_is_back(
    arrive: Arrive, browser: Browser, server: ParlorServer
) -> None:
    ada, ming = await _meet(arrive, browser, browser, DESKTOP)
    await ada.call("Audio")
    await ming.rings("Audio", ada)
    await ming.button("Accept with sound").click()
    await asyncio.gather(wait_for_sound(ada.page), wait_for_sound(ming.page))
    with ada.watcher.server_down(), ming.watcher.server_down():
        await server.kill()
        await asyncio.gather(wait_for_sound(ada.page), wait_for_sound(ming.page))
        await server.start()
        for person, other in ((ada, ming), (ming, ada)):
            await expect(person.call_window(other)).to_have_count(0, timeout=30_000)
    await ada.say("断了？")
    await ming.sees("断了？")
