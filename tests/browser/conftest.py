"""A server, browsers and people for each test; what the watchers saw is checked at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

from tests.support.browser import DESKTOP, PHONE, launch_chromium
from tests.support.fake_media import BLUE, RED, write_camera, write_microphone
from tests.support.person import Person
from tests.support.server import ParlorServer, running_parlor

SIZES = {"1280x800": DESKTOP, "390x844": PHONE}


@dataclass(frozen=True)
class Devices:
    """What one browser process sees and hears."""

    camera: Path
    microphone: Path


@pytest.fixture(scope="session")
def red(tmp_path_factory: pytest.TempPathFactory) -> Devices:
    folder = tmp_path_factory.mktemp("red")
    return Devices(
        write_camera(folder / "camera.y4m", RED), write_microphone(folder / "tone.wav", 440)
    )


@pytest.fixture(scope="session")
def blue(tmp_path_factory: pytest.TempPathFactory) -> Devices:
    folder = tmp_path_factory.mktemp("blue")
    return Devices(
        write_camera(folder / "camera.y4m", BLUE), write_microphone(folder / "tone.wav", 660)
    )


@pytest.fixture(params=list(SIZES.values()), ids=list(SIZES))
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    value: dict[str, int] = request.param
    return value


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path) as running:
        yield running


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@pytest.fixture
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """One browser process: people in it share a camera, and nothing else."""
    browser = await launch_chromium(playwright)
    yield browser
    await browser.close()


@pytest.fixture
async def red_browser(playwright: Playwright, red: Devices) -> AsyncIterator[Browser]:
    browser = await launch_chromium(playwright, camera=red.camera, microphone=red.microphone)
    yield browser
    await browser.close()


@pytest.fixture
async def blue_browser(playwright: Playwright, blue: Devices) -> AsyncIterator[Browser]:
    browser = await launch_chromium(playwright, camera=blue.camera, microphone=blue.microphone)
    yield browser
    await browser.close()


Arrive = Callable[..., Awaitable[Person]]


@pytest.fixture
async def arrive(server: ParlorServer) -> AsyncIterator[Arrive]:
    """`await arrive(browser, account, name, size)`: somebody opens the app, and is watched."""
    people: list[Person] = []
    async with AsyncExitStack() as stack:

        async def come(
            browser: Browser, account: str, name: str, size: dict[str, int] = DESKTOP
        ) -> Person:
            person = await Person.arrive(browser, server.url, account, name, size=size)
            stack.push_async_callback(person.page.context.close)
            people.append(person)
            return person

        yield come
        for person in people:
            person.watcher.check()
