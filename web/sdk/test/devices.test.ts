import { expect, test } from "vitest";
import { Devices } from "../src/devices";
import { surroundings, type Environment } from "../src/environment";
import { MapShelf } from "./support/browser";
import { FakeMediaDevices, FakeStream } from "./support/fake_rtc";

function devices(media: FakeMediaDevices | null, how: Partial<Environment> = {}): Devices {
  return new Devices(
    surroundings({
      shelf: new MapShelf(),
      mediaDevices: media as unknown as MediaDevices,
      newStream: () => new FakeStream() as unknown as MediaStream,
      secure: true,
      ...how,
    }),
  );
}

test("devices are listed by kind, without the browser's aliases, and again when they change", async () => {
  const media = new FakeMediaDevices();
  const all = devices(media);
  await all.refresh();
  expect(all.state.get()).toMatchObject({
    microphone: [{ id: "audio-1", label: "Mic" }],
    speaker: [{ id: "speaker-1", label: "Speaker" }],
    camera: [{ id: "video-1" }, { id: "video-2" }],
  });
  media.cameras = [];
  media.dispatchEvent(new Event("devicechange"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(all.state.get().camera).toEqual([]);
});

test("a choice is remembered and used", async () => {
  const [media, shelf] = [new FakeMediaDevices(), new MapShelf()];
  await devices(media, { shelf }).choose("camera", "video-2");
  const later = devices(media, { shelf });
  expect(later.chosen).toEqual({ microphone: "", camera: "video-2", speaker: "" });
  await later.preview("camera");
  expect(media.live.map((track) => track.deviceId)).toEqual(["video-2"]);
});

test("why a device does not come is said in few words", async () => {
  const media = new FakeMediaDevices();
  const reasons = {
    NotAllowedError: "denied", NotFoundError: "not_found", OverconstrainedError: "not_found",
    NotReadableError: "in_use", TypeError: "unknown",
  };
  for (const [name, reason] of Object.entries(reasons)) {
    media.refusals.audio = name;
    await expect(devices(media).preview("microphone")).rejects.toMatchObject({ reason, device: "microphone" });
  }
});

test("a page that may not ask says whether https is what it lacks", async () => {
  await expect(devices(null, { secure: false }).preview("camera")).rejects.toMatchObject({ reason: "insecure" });
  await expect(devices(null).preview("camera")).rejects.toMatchObject({ reason: "unsupported" });
});

test("an element follows the chosen speaker until it is let go", async () => {
  const sinks: string[] = [];
  const element = { setSinkId: async (id: string) => void sinks.push(id) } as unknown as HTMLMediaElement;
  const all = devices(new FakeMediaDevices(), { speakerChoice: true });
  const stop = all.attachSpeaker(element);
  await all.choose("speaker", "speaker-1");
  await all.choose("microphone", "audio-1");
  stop();
  await all.choose("speaker", "");
  expect(sinks).toEqual(["speaker-1"]);
});
