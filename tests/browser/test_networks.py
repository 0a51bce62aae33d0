"""Calls where the direct way is closed or changes: a TURN server between, a new network."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.support.browser import DESKTOP
from tests.support.call_media import received, remote_colour, wait_for_picture, wait_for_sound
from tests.support.person import Person
from tests.support.server import running_parlor
from tests.support.turn import running_coturn

SECRET = "a-secret-of-this-test"

_RELAY_ONLY = """
const Kept = window.RTCPeerConnection;
window.RTCPeerConnection = class RTCPeerConnection extends Kept {
  constructor(configuration) {
    super({ ...configuration, iceTransportPolicy: "relay" });
  }
};
"""
"""As on a network that lets nothing through but the TURN server."""

_CANDIDATE_TYPES = """
async () => {
  const types = [];
  for (const peer of window.peersOfThisPage) {
    const stats = [...(await peer.getStats()).values()];
    for (const pair of stats.filter((each) => each.type === "candidate-pair" && each.nominated)) {
      for (const id of [pair.localCandidateId, pair.remoteCandidateId]) {
        types.push(stats.find((each) => each.id === id)?.candidateType);
      }
    }
  }
  return types;
}
"""
_ICE_NAMES = """
() => window.peersOfThisPage.map(
  (peer) => peer.localDescription?.sdp.match(/^a=ice-ufrag:(.*)$/m)?.[1] ?? "",
)
"""


async def test_a_call_goes_through_coturn_with_the_credentials_parlor_made(
    tmp_path: Path, red_browser: Browser, blue_browser: Browser
) -> None:
    async with running_coturn(tmp_path, SECRET) as turn_port:
        flags = [
            "--set", f"calls.turn_urls=turn:127.0.0.1:{turn_port}?transport=udp",
            "--set", f"calls.turn_secret={SECRET}",
        ]  # fmt: skip
        async with running_parlor(tmp_path, flags) as server:
            ada = await Person.arrive(
                red_browser, server.url, "ada", "Ada", size=DESKTOP, script=_RELAY_ONLY
            )
            bob = await Person.arrive(
                blue_browser, server.url, "bob", "Bob", size=DESKTOP, script=_RELAY_ONLY
            )
            await _call(ada, bob)
            assert await remote_colour(ada.page) == "blue"
            assert await remote_colour(bob.page) == "red"
            for person in (ada, bob):
                types = await person.page.evaluate(_CANDIDATE_TYPES)
                assert types
                assert set(types) == {"relay"}
            await ada.button("Hang up").click()
            await bob.is_in_no_call()
            for person in (ada, bob):
                person.watcher.check()
                await person.page.context.close()


async def test_a_change_of_network_restarts_ice_and_the_call_goes_on(
    tmp_path: Path, red_browser: Browser, blue_browser: Browser
) -> None:
    async with running_parlor(tmp_path) as server:
        ada = await Person.arrive(red_browser, server.url, "ada", "Ada", size=DESKTOP)
        bob = await Person.arrive(blue_browser, server.url, "bob", "Bob", size=DESKTOP)
        await _call(ada, bob)
        before = [await _ice_names(person.page) for person in (ada, bob)]
        await ada.page.evaluate("navigator.connection.dispatchEvent(new Event('change'))")
        async with asyncio.timeout(20):
            for person, names in zip((ada, bob), before, strict=True):
                while await _ice_names(person.page) == names:
                    await asyncio.sleep(0.1)
        frames = (await received(bob.page)).frames
        await asyncio.gather(wait_for_picture(ada.page), wait_for_picture(bob.page))
        await asyncio.gather(wait_for_sound(ada.page), wait_for_sound(bob.page))
        assert (await received(bob.page)).frames > frames
        await bob.button("Hang up").click()
        await ada.is_in_no_call()
        for person in (ada, bob):
            await person.sees_record(r"^Video call, ")
            person.watcher.check()
            await person.page.context.close()


async def _call(ada: Person, bob: Person) -> None:
    await asyncio.gather(ada.sign_up(), bob.sign_up())
    await ada.open_chat_with(bob)
    await ada.say("hello")
    await bob.open_conversation(ada.name)
    await ada.call("Video")
    await bob.rings("Video", ada)
    await bob.button("Accept with video").click()
    await asyncio.gather(wait_for_picture(ada.page), wait_for_picture(bob.page))


async def _ice_names(page: Page) -> list[str]:
    names: list[str] = await page.evaluate(_ICE_NAMES)
    return names
