"""What really arrives in a call: frames, sound and colours, read from the browser."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from playwright.async_api import Page

_RECEIVED = """
async () => {
  const sum = { frames: 0, energy: 0, packets: 0 };
  for (const peer of window.peersOfThisPage) {
    if (peer.connectionState === "closed") continue;
    for (const stats of (await peer.getStats()).values()) {
      if (stats.type !== "inbound-rtp") continue;
      if (stats.kind === "video") sum.frames += stats.framesDecoded ?? 0;
      if (stats.kind === "audio") sum.energy += stats.totalAudioEnergy ?? 0;
      sum.packets += stats.packetsReceived ?? 0;
    }
  }
  return sum;
}
"""

# The elements that play a track of a receiver, whatever the app calls them.
_REMOTE_COLOUR = """
() => {
  const remote = new Set(
    window.peersOfThisPage
      .filter((peer) => peer.connectionState !== "closed")
      .flatMap((peer) => peer.getReceivers().map((receiver) => receiver.track.id)),
  );
  const video = [...document.querySelectorAll("video")].find(
    (each) => each.videoWidth > 0 && each.checkVisibility()
      && each.srcObject?.getVideoTracks().some((track) => remote.has(track.id)),
  );
  if (!video) return null;
  const canvas = new OffscreenCanvas(32, 18);
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(video, 0, 0, 32, 18);
  const pixels = brush.getImageData(0, 0, 32, 18).data;
  const sum = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    for (const part of [0, 1, 2]) sum[part] += pixels[at + part];
  }
  return sum.map((total) => total / (pixels.length / 4));
}
"""


@dataclass(frozen=True)
class Received:
    """Totals since the connections of this page began. `energy` is of decoded sound."""

    frames: int
    energy: float
    packets: int


async def received(page: Page) -> Received:
    return Received(**await page.evaluate(_RECEIVED))


async def wait_for_picture(page: Page, frames: int = 10, timeout_s: float = 20.0) -> Received:
    """Until this many frames more than now were decoded."""
    first = await received(page)
    async with asyncio.timeout(timeout_s):
        while (now := await received(page)).frames < first.frames + frames:
            await asyncio.sleep(0.2)
    return now


async def wait_for_sound(page: Page, timeout_s: float = 20.0) -> Received:
    """Until sound is heard that was not heard before."""
    first = await received(page)
    async with asyncio.timeout(timeout_s):
        while (now := await received(page)).energy < first.energy + 0.01:
            await asyncio.sleep(0.2)
    return now


async def wait_for_silence(page: Page, for_s: float = 1.0, timeout_s: float = 20.0) -> None:
    """Until no sound was heard for `for_s` seconds."""
    async with asyncio.timeout(timeout_s):
        before = await received(page)
        while True:
            await asyncio.sleep(for_s)
            now = await received(page)
            if now.energy - before.energy < 1e-4:
                return
            before = now


async def remote_colour(page: Page, timeout_s: float = 20.0) -> str:
    """ "red", "green" or "blue": what dominates the other person's picture on this page."""
    async with asyncio.timeout(timeout_s):
        while True:
            mean = await page.evaluate(_REMOTE_COLOUR)
            # A picture that has not come yet is black.
            if mean is not None and max(mean) > 60:
                return ("red", "green", "blue")[mean.index(max(mean))]
            await asyncio.sleep(0.2)
