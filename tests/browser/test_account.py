"""Signing in and out, settings, and the app as something to install."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.support.server import ParlorServer


async def test_signing_out_and_in_again_finds_everything(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("remember this")
    await ming.row(ada.name).wait_for()

    await ada.sign_out()
    await ada.sign_in()
    await ada.is_in()
    await ada.open_conversation(ming.name)
    await ada.sees("remember this")

    await ada.reload()
    await ada.sees("remember this")


async def test_a_wrong_password_is_said_in_words(arrive: Arrive, browser: Browser) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace")
    await ada.sign_up()
    await ada.sign_out()
    with ada.watcher.expecting(status=401, path="/api/v1/sessions"):
        await ada.sign_in("not the password")
        alert = ada.page.get_by_role("alert")
        await expect(alert).to_have_text("The account name or the password is wrong.")


async def test_language_and_theme_change_without_a_reload_and_are_remembered(
    arrive: Arrive, browser: Browser, size: dict[str, int]
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    await ada.sign_up()
    await ada.go_to("Settings")
    page = ada.page
    await page.evaluate("window.notReloaded = true")
    await page.get_by_role("radio", name="中文").check(force=True)
    await expect(page.get_by_role("heading", name="设置", exact=True)).to_be_visible()
    await expect(page.get_by_role("navigation", name="主导航")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "zh"
    await page.get_by_role("radio", name="深色").check(force=True)
    background = "getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate("window.notReloaded") is True

    await ada.reload()
    await expect(page.get_by_role("heading", name="设置", exact=True)).to_be_visible()
    await expect(page.get_by_role("radio", name="深色")).to_be_checked()
    dark = await page.evaluate(background)
    await page.get_by_role("radio", name="浅色").check(force=True)
    assert await page.evaluate(background) != dark


async def test_the_app_can_be_installed(arrive: Arrive, browser: Browser) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace")
    page = ada.page
    manifest = await page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((reply) => reply.json())"
    )
    assert (manifest["name"], manifest["display"]) == ("Parlor", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        reply = await page.request.get(icon["src"])
        assert (reply.status, reply.headers["content-type"]) == (200, icon["type"])


async def test_the_app_opens_without_a_server_and_fills_when_it_is_back(
    arrive: Arrive, browser: Browser, server: ParlorServer
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", offline=True)
    ming = await arrive(browser, "xiaoming", "王小明")
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("喂")
    worker = "navigator.serviceWorker.controller?.state === 'activated'"
    while not await ada.page.evaluate(worker):
        await ada.page.wait_for_timeout(100)
    down = ada.watcher.server_down(reloading=ada.page.url)
    with down, ming.watcher.server_down():
        await server.kill()
        await ada.reload()
        await ada.is_in()
        await expect(ada.page.get_by_text("Reconnecting…")).to_be_visible()
        await server.start()
        await ada.sees("喂")
        await ming.open_conversation(ada.name)
        await ada.say("我回来了")
        await ming.sees("我回来了")
