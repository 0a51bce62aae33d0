"""M36: the web app over https, with Parlor's own TLS and behind nginx with the example files.

The certificate is taken for valid by its key, as if an authority had signed it: a page that is
only clicked through to gets no service worker, and the test could not tell a broken one.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Playwright

from tests.support.browser import DESKTOP, launch_chromium
from tests.support.nginx import HOST, parlor_behind_nginx
from tests.support.person import Person
from tests.support.server import running_parlor


def _key_of(certificate: Path) -> str:
    """As Chromium's flag wants it: base64 of SHA-256 of the public key."""
    leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


@asynccontextmanager
async def _own_tls(folder: Path) -> AsyncIterator[tuple[str, Path]]:
    async with running_parlor(folder, ["--tls", "self-signed"]) as server:
        yield server.url, server.data / "tls" / "certificate.pem"


@asynccontextmanager
async def _behind_nginx(folder: Path) -> AsyncIterator[tuple[str, Path]]:
    async with parlor_behind_nginx(folder) as behind:
        yield behind.url, folder / f"{HOST}.pem"


@pytest.mark.parametrize("set_up", [_own_tls, _behind_nginx])
async def test_the_app_works_over_https(tmp_path, playwright: Playwright, set_up):
    async with AsyncExitStack() as stack:
        url, certificate = await stack.enter_async_context(set_up(tmp_path))
        browser = await launch_chromium(
            playwright,
            more=[
                f"--ignore-certificate-errors-spki-list={_key_of(certificate)}",
                f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
            ],
        )
        stack.push_async_callback(browser.close)
        come = functools.partial(Person.arrive, browser, url, size=DESKTOP, offline=True)
        ada, ming = await come("ada", "Ada Lovelace"), await come("xiaoming", "王小明")
        for person in (ada, ming):
            assert await person.page.evaluate("isSecureContext && location.protocol") == "https:"
            assert await person.page.evaluate("typeof navigator.mediaDevices") == "object"
            await person.sign_up()
        await ada.open_chat_with(ming)
        await ada.say("over https 👋")
        await ming.open_conversation(ada.name)
        await ming.sees("over https 👋")
        await ming.say("收到了")
        await ada.sees("收到了")
        await ada.call("Video")
        await ming.rings("Video", ada)
        await ming.button("Accept with video").click()
        await ada.talks_to(ming)
        await ada.button("Hang up").click()
        await ming.is_in_no_call()
        for person in (ada, ming):
            person.watcher.check()
