"""A server, browsers and people for each test; what the watchers saw is checked at its end."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.support.browser import DESKTOP, PHONE, launch_chromium
from tests.support.fake_media import BLUE, RED, write_camera, write_microphone
from tests.support.nursery import Nursery, open_nursery
from tests.support.person import Person
from tests.support.server import ParlorServer, running_parlor

SIZES = {"1280x800": DESKTOP, "390x844": PHONE}


HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers live longer than a test, and so does the loop in which they are spoken to."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """The fixtures of this folder run in the loop of its tests, wherever they are defined."""
    if is_async(fixturedef.func):
        # What its own decorator would have put there.
        setattr(fixturedef.func, "_loop_scope", "session")  # noqa: B010
    return (yield)


def is_async(made: object) -> bool:
    return inspect.iscoroutinefunction(made) or inspect.isasyncgenfunction(made)


@dataclass(frozen=True)
class Devices:
    """What one browser process sees and hears."""

    camera: Path
    microphone: Path


class Browsers:
    """One browser process for each set of devices; it is started when it is first wanted."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._running: dict[Devices | None, Browser] = {}

    async def fresh(self, devices: Devices | None = None) -> Browser:
        """Nothing of an earlier test is open in it."""
        browser = self._running.get(devices)
        if browser is None or not browser.is_connected():
            camera, microphone = (devices.camera, devices.microphone) if devices else (None, None)
            browser = await launch_chromium(self._playwright, camera=camera, microphone=microphone)
            self._running[devices] = browser
        for context in browser.contexts:
            await context.close()
        return browser

    async def close(self) -> None:
        for browser in self._running.values():
            await browser.close()


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    async with open_nursery() as opened:
        yield opened


@pytest.fixture
async def server(tmp_path: Path, nursery: Nursery) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path, nursery=nursery) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers(playwright: Playwright) -> AsyncIterator[Browsers]:
    running = Browsers(playwright)
    yield running
    await running.close()


@pytest.fixture
async def browser(browsers: Browsers) -> Browser:
    """One browser process: people in it share a camera, and nothing else."""
    return await browsers.fresh()


@pytest.fixture
async def red_browser(browsers: Browsers, red: Devices) -> Browser:
    return await browsers.fresh(red)


@pytest.fixture
async def blue_browser(browsers: Browsers, blue: Devices) -> Browser:
    return await browsers.fresh(blue)


Arrive = Callable[..., Awaitable[Person]]


@pytest.fixture
async def arrive(server: ParlorServer) -> AsyncIterator[Arrive]:
    """`await arrive(browser, account, name, size)`: somebody opens the app, and is watched.

    With `offline` the app also opens without a server: see `Person.arrive`.
    """
    people: list[Person] = []
    async with AsyncExitStack() as stack:

        async def come(
            browser: Browser,
            account: str,
            name: str,
            size: dict[str, int] = DESKTOP,
            *,
            offline: bool = False,
        ) -> Person:
            person = await Person.arrive(
                browser, server.url, account, name, size=size, offline=offline
            )
            stack.push_async_callback(person.page.context.close)
            people.append(person)
            return person

        yield come
        for person in people:
            person.watcher.check()
