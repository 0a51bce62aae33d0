import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ParlorError } from "../src/errors";
import { Exchange, type Phone } from "./support/exchange";

const TOGETHER = "ann+bob";
let exchange: Exchange;
let ann: Phone;
let bob: Phone;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  exchange = new Exchange();
  ann = exchange.phone("ann");
  bob = exchange.phone("bob");
});
afterEach(() => void vi.useRealTimers());

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(20);
const state = (phone: Phone) => phone.call.state.get();
const remoteKinds = (phone: Phone) => (state(phone).remoteStream?.getTracks() ?? []).map((track) => track.kind).sort();

async function connected(annMedia: "audio" | "video" = "video", bobMedia = annMedia): Promise<void> {
  await ann.calls.start(TOGETHER, annMedia);
  await settled();
  await bob.call.accept(bobMedia);
  await settled();
  expect([ann.phase, bob.phase]).toEqual(["connected", "connected"]);
}

test("a call rings there, is answered, and both see and hear each other after one offer", async () => {
  const starting = ann.calls.start(TOGETHER, "video");
  expect(ann.phase).toBe("starting");
  await starting;
  await settled();
  expect(ann.phase).toBe("ringing");
  expect(state(ann)).toMatchObject({ direction: "outgoing", peer: "bob", media: "video" });
  expect(state(bob)).toMatchObject({ direction: "incoming", peer: "ann", media: "video", phase: "incoming" });
  expect(bob.media.opened).toEqual([]);
  await bob.call.accept();
  await settled();
  expect([ann.phase, bob.phase]).toEqual(["connected", "connected"]);
  expect(remoteKinds(ann)).toEqual(["audio", "video"]);
  expect(remoteKinds(bob)).toEqual(["audio", "video"]);
  expect(state(ann)).toMatchObject({ remoteMicrophone: true, remoteCamera: true, camera: { on: true } });
  expect(ann.connection.offers).toHaveLength(1);
  expect(bob.connection.offers).toHaveLength(0);
  expect(ann.connection.configuration.iceServers).toEqual([{ urls: ["stun:stun.test"] }]);
});

test("hanging up ends it on both sides and lets the devices go", async () => {
  await connected();
  await vi.advanceTimersByTimeAsync(5_000);
  await ann.call.hangUp();
  await settled();
  expect([ann.phase, bob.phase]).toEqual(["ended", "ended"]);
  expect([state(ann).end, state(bob).end]).toEqual(["answered", "answered"]);
  expect(state(bob).durationS).toBe(5);
  expect([...ann.media.live, ...bob.media.live]).toEqual([]);
  expect(ann.connection.signalingState).toBe("closed");
  ann.calls.dismiss();
  expect(ann.calls.current.get()).toBeNull();
});

test("a rejected, a cancelled and a missed call say which", async () => {
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  await bob.call.reject();
  await settled();
  expect([state(ann).end, state(bob).end]).toEqual(["rejected", "rejected"]);
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  await ann.call.hangUp();
  await settled();
  expect([state(ann).end, state(bob).end]).toEqual(["cancelled", "cancelled"]);
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  exchange.end(ann.call.id, "missed");
  expect([state(ann).end, state(bob).end]).toEqual(["missed", "missed"]);
  expect(ann.media.live).toEqual([]);
});

test("answering on one device stops the ringing on the others", async () => {
  const tablet = exchange.phone("bob", "2");
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  expect([bob.phase, tablet.phase]).toEqual(["incoming", "incoming"]);
  await tablet.call.accept();
  await settled();
  expect(state(bob)).toMatchObject({ phase: "ended", end: "answered_elsewhere" });
  expect([ann.phase, tablet.phase]).toEqual(["connected", "connected"]);
});

test("two devices that accept at the same moment: one talks, the other is told", async () => {
  const tablet = exchange.phone("bob", "2");
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  await Promise.allSettled([bob.call.accept(), tablet.call.accept()]);
  await settled();
  expect([bob.phase, tablet.phase].sort()).toEqual(["connected", "ended"]);
  expect(tablet.media.live.length + bob.media.live.length).toBe(1);
});

test("the caller's other tabs show nothing", async () => {
  const other = exchange.phone("ann", "2");
  await connected("audio");
  expect(other.phase).toBe("none");
});

test("both calling each other at once becomes one call", async () => {
  await Promise.all([ann.calls.start(TOGETHER, "video"), bob.calls.start(TOGETHER, "video")]);
  await settled();
  expect([ann.phase, bob.phase]).toEqual(["connected", "connected"]);
  expect(ann.call.id).toBe(bob.call.id);
  expect(remoteKinds(ann)).toEqual(["audio", "video"]);
});

test("a second call is refused here before it is asked for", async () => {
  await connected("audio");
  await expect(ann.calls.start("ann+eve", "audio")).rejects.toMatchObject({ code: "busy" });
  expect(ann.phase).toBe("connected");
});

test("a busy answer ends the call and lets the microphone go", async () => {
  ann.refusals.set("call.start", new ParlorError("busy", ""));
  await expect(ann.calls.start(TOGETHER, "audio")).rejects.toMatchObject({ code: "busy" });
  expect(state(ann)).toMatchObject({ phase: "ended", end: "failed" });
  expect(ann.media.live).toEqual([]);
});

test("calling off before the server has named the call still hangs it up there", async () => {
  const starting = ann.calls.start(TOGETHER, "audio");
  await Promise.resolve();
  await ann.call.hangUp();
  await starting;
  await settled();
  expect(exchange.of("ann")).toEqual([]);
  expect(bob.phase === "none" || state(bob).phase === "ended").toBe(true);
  expect(ann.media.live).toEqual([]);
});

test("without permission nothing rings, and accepting leaves it ringing", async () => {
  ann.media.refusals.audio = "NotAllowedError";
  const problem = { name: "MediaProblem", reason: "denied", device: "microphone" };
  await expect(ann.calls.start(TOGETHER, "video")).rejects.toMatchObject(problem);
  expect(ann.asked).not.toContain("call.start");
  delete ann.media.refusals.audio;
  await ann.calls.start(TOGETHER, "video");
  await settled();
  bob.media.refusals.audio = "NotAllowedError";
  await expect(bob.call.accept()).rejects.toMatchObject({ reason: "denied" });
  expect(bob.phase).toBe("incoming");
  delete bob.media.refusals.audio;
  await bob.call.accept();
  await settled();
  expect(bob.phase).toBe("connected");
});

test("without a microphone or camera one still takes part, and the reason is shown", async () => {
  ann.media.refusals.audio = "NotFoundError";
  ann.media.refusals.video = "NotReadableError";
  await connected("video");
  expect(state(ann)).toMatchObject({
    microphone: { on: false, problem: { reason: "not_found" } },
    camera: { on: false, problem: { reason: "in_use" } },
  });
  expect(remoteKinds(ann)).toEqual(["audio", "video"]);
  expect(state(bob)).toMatchObject({ remoteMicrophone: false, remoteCamera: false });
});

test("muting is at once and told to the other side", async () => {
  await connected("audio");
  await ann.call.setMicrophone(false);
  await settled();
  expect(ann.media.live.map((track) => track.enabled)).toEqual([false]);
  expect(state(bob).remoteMicrophone).toBe(false);
  await ann.call.setMicrophone(true);
  await settled();
  expect(ann.media.live.map((track) => track.enabled)).toEqual([true]);
  expect(state(bob).remoteMicrophone).toBe(true);
});

test("either side of an audio call can switch video on later, also both at once", async () => {
  await connected("audio");
  await Promise.all([ann.call.setCamera(true), bob.call.setCamera(true)]);
  await settled();
  expect(remoteKinds(ann)).toEqual(["audio", "video"]);
  expect(remoteKinds(bob)).toEqual(["audio", "video"]);
  expect([ann.connection.signalingState, bob.connection.signalingState]).toEqual(["stable", "stable"]);
  expect(ann.connection.rollbacks).toBe(0);
  expect(bob.connection.rollbacks).toBe(1);
});

test("a callee with video answers an audio call with video in a second negotiation", async () => {
  await connected("audio", "video");
  expect(remoteKinds(ann)).toEqual(["audio", "video"]);
  expect(remoteKinds(bob)).toEqual(["audio"]);
});

test("a camera that is off is let go, and on again needs no negotiation", async () => {
  await connected("video");
  await ann.call.setCamera(false);
  await settled();
  expect(ann.media.live.map((track) => track.kind)).toEqual(["audio"]);
  expect(ann.connection.sending).toEqual(["audio"]);
  expect(state(bob).remoteCamera).toBe(false);
  await ann.call.setCamera(true);
  await settled();
  expect(ann.connection.sending.sort()).toEqual(["audio", "video"]);
  expect(ann.connection.offers).toHaveLength(1);
  expect(state(bob).remoteCamera).toBe(true);
});

test("switching the camera opens the next and keeps one open", async () => {
  await connected("video");
  await ann.call.switchCamera();
  expect(ann.media.live.filter((track) => track.kind === "video").map((track) => track.deviceId)).toEqual(["video-2"]);
  await ann.call.switchCamera();
  expect(ann.media.live.filter((track) => track.kind === "video").map((track) => track.deviceId)).toEqual(["video-1"]);
});

test("a microphone chosen during a call takes over and stays muted", async () => {
  await connected("audio");
  await ann.call.setMicrophone(false);
  await ann.calls.devices.choose("microphone", "audio-2");
  expect(ann.media.live.map((track) => [track.deviceId, track.enabled])).toEqual([["audio-2", false]]);
});

test("a device that is pulled out is shown as missing", async () => {
  await connected("video");
  ann.media.live.find((track) => track.kind === "video")?.onended?.();
  await settled();
  expect(state(ann).camera).toMatchObject({ on: false, problem: { reason: "not_found" } });
  expect(state(bob).remoteCamera).toBe(false);
});

test("a short break heals by itself, a longer one restarts ICE with fresh servers", async () => {
  await connected("audio");
  exchange.air.cut();
  await vi.advanceTimersByTimeAsync(2_900);
  expect(ann.phase).toBe("connected");
  expect(ann.connection.offers).toHaveLength(1);
  exchange.air.up = true;
  await vi.advanceTimersByTimeAsync(200);
  expect([ann.phase, bob.phase]).toEqual(["connected", "connected"]);
  expect(ann.connection.offers.length + bob.connection.offers.length).toBeGreaterThan(1);
});

test("a change of network restarts ICE before anything broke", async () => {
  await connected("audio");
  ann.network.dispatchEvent(new Event("change"));
  await settled();
  expect(ann.connection.offers.map((offer) => offer.ice)).toEqual([1, 2]);
  expect([ann.phase, bob.phase]).toEqual(["connected", "connected"]);
});

test("media that never comes, or does not come back, ends the call", async () => {
  exchange.air.up = false;
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  await bob.call.accept();
  await vi.advanceTimersByTimeAsync(31_000);
  expect(state(ann)).toMatchObject({ phase: "ended", end: "could_not_connect" });
  exchange.air.up = true;
  await connected("audio");
  exchange.air.cut();
  await vi.advanceTimersByTimeAsync(3_500);
  expect(ann.phase).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(31_000);
  expect(state(ann).end).toBe("connection_lost");
  expect(exchange.of("ann")).toEqual([]);
});

test("media goes on without a link, and what was done meanwhile is told afterwards", async () => {
  await connected("audio");
  ann.online = false;
  await ann.call.setMicrophone(false);
  await vi.advanceTimersByTimeAsync(3_000);
  expect([ann.phase, bob.phase]).toEqual(["connected", "connected"]);
  ann.back();
  await settled();
  expect(ann.phase).toBe("connected");
  expect(state(bob).remoteMicrophone).toBe(false);
});

test("an offer or answer that was lost with the link is said again", async () => {
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  await bob.call.accept();
  bob.online = false; // the offer is on its way to a link that is gone
  await settled();
  expect([ann.phase, bob.phase]).toEqual(["connecting", "connecting"]);
  bob.back();
  await settled();
  expect([ann.phase, bob.phase]).toEqual(["connected", "connected"]);
});

test("hanging up without a link works here at once and is said when it is back", async () => {
  await connected("audio");
  ann.online = false;
  void ann.call.hangUp();
  expect(ann.phase).toBe("ended");
  await settled();
  expect(bob.phase).toBe("connected");
  ann.back();
  await settled();
  expect(state(bob).end).toBe("answered");
});

test("a call that the server has forgotten ends here", async () => {
  await connected("audio");
  exchange.forgetAll();
  ann.back();
  expect(state(ann)).toMatchObject({ phase: "ended", end: "gone" });
  expect(ann.media.live).toEqual([]);
});

test("a page opened while it rings shows the call; one loaded anew during a call ends it", async () => {
  await ann.calls.start(TOGETHER, "audio");
  await settled();
  const late = exchange.phone("bob", "3");
  late.back();
  await settled();
  expect(late.phase).toBe("incoming");
  await late.call.accept();
  await settled();
  expect(late.phase).toBe("connected");
  const reloaded = exchange.phone("bob", "3");
  exchange.phones.splice(exchange.phones.indexOf(late), 1);
  reloaded.back();
  await settled();
  expect(state(ann)).toMatchObject({ phase: "ended", end: "answered" });
  expect(reloaded.phase).toBe("none");
});

test("leaving the page hangs up", async () => {
  await connected("audio");
  ann.page.dispatchEvent(new Event("pagehide"));
  await settled();
  expect(state(bob).end).toBe("answered");
});

test("signing out hangs up and shows no call", async () => {
  await connected("audio");
  ann.calls.leave();
  await settled();
  expect(ann.phase).toBe("none");
  expect(state(bob).end).toBe("answered");
});

test("signals that make no sense change nothing", async () => {
  await connected("audio");
  const nonsense = ["offer {", "offer {}", "answer {}", "candidate {}", "candidate [{}]", "state 7", "dance {}"];
  for (const [kind = "", payload = ""] of nonsense.map((one) => one.split(" "))) {
    ann.hear("call.signal", { call_id: ann.call.id, kind, payload });
  }
  ann.hear("call.signal", { call_id: "other", kind: "answer", payload: "{}" });
  await settled();
  await ann.call.setCamera(true);
  await settled();
  expect(remoteKinds(bob)).toEqual(["audio", "video"]);
});
