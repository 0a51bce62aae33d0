"""Files and pictures in a conversation: sent from one browser, seen and saved in the other."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.conftest import Arrive
from tests.browser.test_accessible import check_screen
from tests.support.drawn import drawn

DROP = """
async ([name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
  document.querySelector(".composer").dispatchEvent(event);
}
"""


async def test_files_and_pictures_go_from_one_to_the_other(
    arrive: Arrive, browser: Browser, size: dict[str, int], tmp_path: Path
) -> None:
    ada = await arrive(browser, "ada", "Ada Lovelace", size)
    ming = await arrive(browser, "xiaoming", "王小明", size)
    await asyncio.gather(ada.sign_up(), ming.sign_up())
    await ada.open_chat_with(ming)
    await ada.say("你好")
    await ming.open_conversation(ada.name)
    report = tmp_path / "报告 <b>.html"
    report.write_text("<script>alert(1)</script>")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(drawn("JPEG", (900, 600)))
    chooser = ada.page.locator("input[type=file]")

    await chooser.set_input_files(report)
    saved = ming.button("Download 报告 <b>.html, 25 B")
    await expect(saved).to_be_visible()
    async with ming.page.expect_download() as downloading:
        await saved.click()
    download = await downloading.value
    assert Path(await download.path()).read_text() == report.read_text()

    await chooser.set_input_files(photo)
    picture = ming.button("Open photo.jpg")
    await expect(picture.locator("img")).to_be_visible()
    box = await picture.bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - 1.5) < 0.02
    second = base64.b64encode(drawn("PNG", (60, 90))).decode()
    await ada.page.evaluate(DROP, ["second.png", "image/png", second])
    await expect(ming.button("Open second.png")).to_be_visible()
    await check_screen(ming.page, "files in a chat")

    await picture.click()
    viewer = ming.page.get_by_role("dialog", name="Picture: photo.jpg")
    await expect(viewer.get_by_role("img", name="photo.jpg")).to_be_visible()
    await check_screen(ming.page, "a picture by itself")
    await ming.page.keyboard.press("ArrowRight")
    await expect(ming.page.get_by_role("dialog", name="Picture: second.png")).to_be_visible()
    await ming.page.keyboard.press("ArrowLeft")
    await viewer.get_by_role("button", name="Closer").click()
    await expect(viewer.get_by_role("button", name="All of it")).to_be_visible()
    await ming.page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)

    # What the server refuses is said, and can be given up.
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    with ada.watcher.expecting(status=422, path="/api/v1/uploads"):
        await chooser.set_input_files(empty)
        tray = ada.page.get_by_role("list", name="Files on their way")
        await expect(tray.get_by_role("alert")).to_have_text("This file is empty.")
    await check_screen(ada.page, "an upload that failed")
    await tray.get_by_role("button", name="Do not send empty.txt").click()
    await expect(tray).to_have_count(0)
