"""P02 in a browser: a page that speaks goim's WebSocket protocol logs in and gets what is pushed.

The page below does what the reference describes of goim's JavaScript demo, in our own words.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from playwright.async_api import Browser, expect

from tests.support.ports import free_port
from tests.support.server import running_parlor

_PAGE = """
(url) => {
  const shown = document.body.appendChild(document.createElement("ul"));
  const show = (text) => {
    shown.appendChild(document.createElement("li")).textContent = text;
  };
  const frame = (operation, body) => {
    const bytes = new TextEncoder().encode(body);
    const whole = new Uint8Array(16 + bytes.length);
    const head = new DataView(whole.buffer);
    head.setInt32(0, whole.length);
    head.setInt16(4, 16);
    head.setInt16(6, 1);
    head.setInt32(8, operation);
    head.setInt32(12, 1);
    whole.set(bytes, 16);
    return whole;
  };
  const text = (bytes) => new TextDecoder().decode(bytes);
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(frame(7, JSON.stringify(
    { mid: 123, room_id: "live://1000", platform: "web", accepts: [1000, 1001, 1002] },
  )));
  socket.onclose = () => show("closed");
  socket.onmessage = ({ data }) => {
    const view = new DataView(data);
    const operation = view.getInt32(8);
    if (operation === 8) {
      show("ok");
      socket.send(frame(2, ""));
    } else if (operation === 3) {
      show(`online ${view.getInt32(16)}`);
    } else if (operation === 9) {
      for (let at = 16; at < data.byteLength; at += view.getInt32(at)) {
        const body = data.slice(at + view.getInt16(at + 4), at + view.getInt32(at));
        show(text(body));
      }
    }
  };
}
"""


async def _serve_blank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A page of another server on this machine: Chromium lets no other kind of page connect."""
    await reader.readuntil(b"\r\n\r\n")
    page = b"<!doctype html><title>goim</title><link rel=icon href='data:,'>"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n"
    writer.write(head % len(page) + page)
    await writer.drain()
    writer.close()


async def test_a_page_for_goim_logs_in_and_shows_what_is_pushed(
    tmp_path: Path, browser: Browser
) -> None:
    ws_port, http_port = free_port(), free_port()
    settings = {"auth": "open", "tcp_port": 0, "ws_port": ws_port, "http_port": http_port}
    flags = ["--door", "goim"]
    for key, value in settings.items():
        flags += ["--set", f"doors.goim.{key}={value}"]
    pages = await asyncio.start_server(_serve_blank, "127.0.0.1", 0)
    page_port = pages.sockets[0].getsockname()[1]
    async with pages, running_parlor(tmp_path, flags):
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{page_port}/")
        await page.evaluate(_PAGE, f"ws://127.0.0.1:{ws_port}/sub")
        lines = page.get_by_role("listitem")
        await expect(lines).to_have_text(["ok", "online 1"])
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}/goim") as program:
            pushes = [
                ("/push/mids?operation=1000&mids=123", "to you 你好"),
                ("/push/room?operation=1001&type=live&room=1000", "to the room"),
                ("/push/room?operation=1001&type=live&room=1000", "and again"),
                ("/push/all?operation=1002", "to everybody"),
            ]
            for path, body in pushes:
                answer = await program.post(path, content=body.encode())
                assert answer.json()["code"] == 0
        await expect(lines).to_have_count(6)
        texts = set(await lines.all_text_contents())
        assert texts == {"ok", "online 1", *(body for _, body in pushes)}
        await page.close()
