"""Chromium on the other side of `wire/webrtc`: descriptions, ICE, DTLS, SRTP, and no server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page

from parlor.wire.webrtc.dtls import DtlsState
from parlor.wire.webrtc.sdp import (
    Accepted,
    Outgoing,
    Session,
    Slot,
    build_answer,
    build_offer,
    check_answer,
    parse_session,
    peer_transport,
    write_session,
)
from tests.support.tiny_worker import Peer, TinyWorker, running_worker

PATIENCE_S = 60

OFFERS = {
    "simulcast": """pc.addTransceiver(stream.getVideoTracks()[0], {direction: "sendonly", streams:
        [stream], sendEncodings: [{rid: "q", scaleResolutionDownBy: 4}, {rid: "f"}]});""",
    "both ways": "stream.getTracks().forEach((track) => pc.addTrack(track, stream));",
    "receiving": """pc.addTransceiver("audio", {direction: "recvonly"});
        pc.addTransceiver("video", {direction: "recvonly"});""",
    "data": "pc.createDataChannel('words');",
    "everything": """stream.getTracks().forEach((track) => pc.addTrack(track, stream));
        pc.createDataChannel('words'); pc.addTransceiver("video", {direction: "inactive"});""",
}

OFFER = """async ([name, prepare]) => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  const pc = new RTCPeerConnection();
  (window.calls ??= {})[name] = pc;
  new Function("pc", "stream", prepare)(pc, stream);
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
TAKE = """async ([name, sdp]) => {
  const pc = window.calls[name];
  await pc.setRemoteDescription({type: "answer", sdp});
  return pc.getTransceivers().map((one) => one.currentDirection);
}"""
WATCH = """async (sdp) => {
  const pc = new RTCPeerConnection();
  (window.calls ??= {}).watch = pc;
  pc.ontrack = ({track, streams}) => {
    const shown = document.body.appendChild(document.createElement("video"));
    shown.muted = true;
    shown.srcObject = new MediaStream([track]);
    shown.play();
    (window.seen ??= []).push([track.kind, streams[0].id]);
  };
  await pc.setRemoteDescription({type: "offer", sdp});
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
STATE = "(name) => window.calls[name].connectionState"
RECEIVED = """async () => {
  const found = {};
  for (const report of (await window.calls.watch.getStats()).values())
    if (report.type == "inbound-rtp")
      found[report.kind] = [report.packetsReceived, report.framesDecoded ?? 0];
  return [found.audio?.[0] ?? 0, found.video?.[1] ?? 0];
}"""
RESTART = """async () => {
  const pc = window.calls.publish;
  await pc.setLocalDescription(await pc.createOffer({iceRestart: true}));
  return pc.localDescription.sdp;
}"""


@pytest.fixture
async def page(red_browser: Browser) -> AsyncIterator[Page]:
    context = await red_browser.new_context()
    page = await context.new_page()
    # A secure origin, which the camera needs, that is nowhere.
    await page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    await page.goto("https://call.test/")
    yield page
    await context.close()


@pytest.fixture
async def worker() -> AsyncIterator[TinyWorker]:
    async with running_worker() as running:
        yield running


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not await condition():
        assert time.monotonic() < limit, what
        await asyncio.sleep(0.1)


def answered(worker: TinyWorker, peer: Peer, offer: Session, version: int = 1) -> str:
    accepted = Accepted(data_channels=True)
    answer = build_answer(offer, worker.here(peer), id=9, version=version, accepted=accepted)
    there = peer_transport(offer, answer)
    if peer.dtls is None:
        worker.connect(peer, there)
    return write_session(answer)


async def test_chromium_connects_and_media_goes_through_and_outlives_a_restart(
    page: Page, worker: TinyWorker
) -> None:
    await connects_with_every_kind_of_offer(page, worker)
    await sees_what_is_published(page, worker)


async def connects_with_every_kind_of_offer(page: Page, worker: TinyWorker) -> None:
    for name, prepare in OFFERS.items():
        offer = parse_session(await page.evaluate(OFFER, [name, prepare]))
        directions = await page.evaluate(TAKE, [name, answered(worker, worker.add_peer(), offer)])
        sending = [media.direction.sends for media in offer.media if media.codecs]
        assert directions == ["sendonly" if one else "inactive" for one in sending], name

    async def all_open() -> bool:
        states = [await page.evaluate(STATE, name) for name in OFFERS]
        open_ = [
            peer.dtls is not None and peer.dtls.state is DtlsState.OPEN for peer in worker.peers
        ]
        return set(states) == {"connected"} and all(open_)

    await until(all_open, "not all of them connected")
    await page.evaluate("() => Object.values(window.calls).forEach((pc) => pc.close())")

    async def all_closed() -> bool:
        return all(
            peer.dtls is not None and peer.dtls.state is DtlsState.CLOSED for peer in worker.peers
        )

    await until(all_closed, "not all of them said good-bye")


async def sees_what_is_published(page: Page, worker: TinyWorker) -> None:
    publisher, viewer = worker.add_peer(), worker.add_peer()
    text = await page.evaluate(OFFER, ["publish", OFFERS["both ways"]])
    published = parse_session(text)
    reply = answered(worker, publisher, published)
    await page.evaluate(TAKE, ["publish", reply])
    opus, vp8 = (parse_session(reply).media[at].codecs[0].payload_type for at in (0, 1))
    camera = published.media[1].ssrcs[0].id

    audio, video = Outgoing("ann", "voice", "ann", 11), Outgoing("ann", "camera", "ann", 22)
    slots = [Slot("0", "opus", audio), Slot("1", "VP8", video), Slot("2", "H264")]
    offer = build_offer(slots, worker.here(viewer), id=8, version=1)
    answer = parse_session(await page.evaluate(WATCH, write_session(offer)))
    check_answer(offer, answer)
    worker.connect(viewer, peer_transport(answer, answer))
    numbers = {opus: (offer.media[0], audio), vp8: (offer.media[1], video)}

    def forward(packet: bytes) -> None:
        found = numbers.get(packet[1] & 0x7F)
        if found is not None and viewer.srtp is not None:
            media, track = found
            packet = rewritten(packet, media.codecs[0].payload_type, track.ssrc)
            worker.send(viewer, [viewer.srtp.protect(packet)])

    publisher.on_rtp = forward

    def ask_for_a_key_frame() -> None:
        if publisher.srtp is not None:
            # Picture loss (RFC 4585 §6.3.1): nothing here sends again what got lost.
            loss = b"\x81\xce\x00\x02" + bytes(4) + camera.to_bytes(4)
            worker.send(publisher, [publisher.srtp.protect_rtcp(loss)])

    async def is_seen() -> bool:
        ask_for_a_key_frame()
        heard, decoded = await page.evaluate(RECEIVED)
        return bool(heard > 50 and decoded > 10)

    await until(is_seen, "nothing was seen")
    seen = await page.evaluate("() => window.seen")
    assert seen == [["audio", "ann"], ["video", "ann"]]

    before = publisher.ice.ufrags
    again = parse_session(await page.evaluate(RESTART))
    worker.restart(publisher, again.media[0].transport.ufrag)
    await page.evaluate(TAKE, ["publish", answered(worker, publisher, again, version=2)])

    async def is_restarted() -> bool:
        return publisher.ice.ufrags == (publisher.credentials.ufrag,) != before

    await until(is_restarted, "the restart was not nominated")
    _, decoded = await page.evaluate(RECEIVED)

    async def goes_on() -> bool:
        ask_for_a_key_frame()
        state, (_, now) = await page.evaluate(STATE, "publish"), await page.evaluate(RECEIVED)
        return bool(state == "connected" and now > decoded)

    await until(goes_on, "nothing was seen after the restart")


def rewritten(packet: bytes, payload_type: int, ssrc: int) -> bytes:
    """With another payload type and source, and without header extensions."""
    end = 12
    if packet[0] & 0x10:
        end += 4 + 4 * int.from_bytes(packet[14:16])
    marked = (packet[1] & 0x80) | payload_type
    return bytes([packet[0] & 0xEF, marked]) + packet[2:8] + ssrc.to_bytes(4) + packet[end:]
