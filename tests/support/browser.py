"""Debian's Chromium with a fake camera and microphone, and a watcher that forgives nothing.

The flags are those with which peer-to-peer calls connect on a machine that has only loopback.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
)

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    # Without it Chromium gathers no candidate on 127.0.0.1.
    "--allow-loopback-in-peer-connection",
)
# Debian's wrapper exports keys of its own; nothing here may speak to Google.
NO_KEYS = dict.fromkeys(
    ("GOOGLE_API_KEY", "GOOGLE_DEFAULT_CLIENT_ID", "GOOGLE_DEFAULT_CLIENT_SECRET"), "no"
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

_KEEP_PEERS = """
(() => {
  const peers = [];
  Object.defineProperty(window, "peersOfThisPage", { value: peers });
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class RTCPeerConnection extends Real {
    constructor(...args) {
      super(...args);
      peers.push(this);
    }
  };
})();
"""
"""Lets a test read getStats() of every peer connection without a hook in the app."""

NO_WORKER = """
if (window.ServiceWorkerContainer) {
  ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error("not in this test"));
}
"""
"""As in a browser that refuses service workers, with which the app works, but not offline."""

_REFUSED_LINK = re.compile(
    r"WebSocket connection to 'ws://[^']*/ws[^']*' failed:"
    r".*net::ERR_CONNECTION_(REFUSED|RESET)",
    re.DOTALL,
)

_GONE = ("net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE")
_ASKED = ("/healthz", "/api/v1/server", "/icons/icon.svg")
"""What the app asks to find out whether only the WebSocket does not get through; the settings,
which server it is; and the browser, when the count in the tab's icon is gone."""
_BLOCKED_LINK = re.compile(r"WebSocket connection to 'ws://[^']*/ws[^']*' failed:", re.DOTALL)


async def launch_chromium(
    playwright: Playwright,
    *,
    camera: Path | None = None,
    microphone: Path | None = None,
    more: Sequence[str] = (),
) -> Browser:
    """One browser process; every context in it sees the same camera and microphone."""
    args = [*FLAGS, *more]
    if camera is not None:
        args.append(f"--use-file-for-fake-video-capture={camera}")
    if microphone is not None:
        args.append(f"--use-file-for-fake-audio-capture={microphone}")
    return await playwright.chromium.launch(
        executable_path=CHROMIUM,
        headless=False,  # the new headless mode is asked for by our own flag
        args=args,
        env={**os.environ, **NO_KEYS},
    )


@dataclass
class Watcher:
    """Every console error or warning, page error and failed request of one context.

    A violation of the Content-Security-Policy is a console error in Chromium.
    """

    problems: list[str] = field(default_factory=list)
    _server_is_down: bool = False
    _reloading: str = ""
    _expected: tuple[int, str] | None = None
    _leaving: bool = False
    _is_blocked: bool = False

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"page error: {error.error}"))
        context.on("requestfailed", self._on_failed)
        context.on("response", self._on_response)

    @contextlib.contextmanager
    def server_down(self, *, reloading: str = "") -> Iterator[None]:
        """While the test keeps the server down, the link's refused attempts are expected, and its
        questions whether the server is there at all.

        So is, of a page that the test reloads meanwhile, the first try for its address
        (`reloading`): the service worker makes it before it answers by itself.
        """
        self._server_is_down, self._reloading = True, reloading
        try:
            yield
        finally:
            self._server_is_down, self._reloading = False, ""

    @contextlib.contextmanager
    def expecting(self, *, status: int, path: str) -> Iterator[None]:
        """A refusal that the test provokes; Chromium reports it as a console error, too."""
        self._expected = (status, path)
        try:
            yield
        finally:
            self._expected = None

    @contextlib.contextmanager
    def leaving(self) -> Iterator[None]:
        """While a page is left or loaded again, what it was still asking for is given up."""
        self._leaving = True
        try:
            yield
        finally:
            self._leaving = False

    @contextlib.contextmanager
    def websocket_blocked(self) -> Iterator[None]:
        """While something in between lets no WebSocket through, tries for one fail, and an event
        stream that is held back is given up."""
        self._is_blocked = True
        try:
            yield
        finally:
            self._is_blocked = False

    def check(self) -> None:
        assert not self.problems, "\n".join(self.problems)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if self._server_is_down and _REFUSED_LINK.match(message.text):
            return
        asked = message.location["url"].endswith(_ASKED)
        if self._server_is_down and asked and message.text.endswith(_GONE):
            return
        if self._is_blocked and _BLOCKED_LINK.match(message.text):
            return
        if self._expected is not None:
            status, path = self._expected
            refused = f"Failed to load resource: the server responded with a status of {status}"
            if message.text.startswith(refused) and message.location["url"].endswith(path):
                return
        self.problems.append(f"console {message.type}: {message.text} ({message.location})")

    def _on_failed(self, request: Request) -> None:
        if self._leaving and request.failure == "net::ERR_ABORTED":
            return
        # A poll or a stream that something better has replaced.
        if "/http/events" in request.url and request.failure == "net::ERR_ABORTED":
            return
        if self._server_is_down and request.url.endswith(_ASKED) and request.failure in _GONE:
            return
        refused = request.failure == "net::ERR_CONNECTION_REFUSED"
        if refused and self._reloading and request.url == self._reloading:
            return
        self.problems.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status < 400:
            return
        if self._expected is not None:
            status, path = self._expected
            if response.status == status and response.url.endswith(path):
                return
        self.problems.append(f"status {response.status}: {response.url}")


async def open_page(
    browser: Browser, url: str, *, size: dict[str, int], locale: str = "en-US", script: str = ""
) -> tuple[Page, Watcher]:
    """A page in a context of its own (nothing shared but the browser process), being watched.

    `script` runs before those of any page in it.
    """
    context = await browser.new_context(
        base_url=url,
        viewport={"width": size["width"], "height": size["height"]},
        locale=locale,
        has_touch=size["width"] < 640,
        reduced_motion="reduce",
    )
    context.set_default_timeout(40_000)
    watcher = Watcher()
    watcher.watch(context)
    await context.add_init_script(_KEEP_PEERS + script)
    return await context.new_page(), watcher
