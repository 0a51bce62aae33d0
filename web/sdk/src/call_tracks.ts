import type { Devices } from "./devices";
import type { Environment } from "./environment";
import { MediaProblem, type LocalTracks } from "./media";

export interface TrackUse {
  on: boolean;
  problem: MediaProblem | null;
}

export interface TrackUser {
  /** Send this track (null: nothing) from now on. */
  put(kind: "audio" | "video", track: MediaStreamTrack | null): Promise<void>;
  changed(): void;
}

const OFF: TrackUse = { on: false, problem: null };

/**
 * This device's microphone and camera during one call.
 *
 * Muting keeps the microphone (silence is sent, speaking again is instant); a camera that is off
 * is let go, so that its light is off too. Changes happen one after the other.
 */
export class CallTracks {
  private audio: MediaStreamTrack | null = null;
  private video: MediaStreamTrack | null = null;
  private shownStream: MediaStream | null = null;
  private microphoneUse = OFF;
  private cameraUse = OFF;
  private stopped = true;
  private order: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly devices: Devices,
    private readonly user: TrackUser,
  ) {}

  /** What the own picture shows; another object whenever its tracks are others. */
  get stream(): MediaStream | null {
    return this.shownStream;
  }

  get microphone(): TrackUse {
    return this.microphoneUse;
  }

  get camera(): TrackUse {
    return this.cameraUse;
  }

  get live(): MediaStreamTrack[] {
    return [this.audio, this.video].filter((track) => track !== null);
  }

  /** Throws MediaProblem when there is a microphone that may not be used. */
  async begin(video: boolean): Promise<void> {
    this.stopped = false;
    const found: LocalTracks = await this.devices.media.forCall(video, this.devices.chosen);
    if (this.dropIfStopped(found.audio, found.video)) return;
    this.take("audio", found.audio);
    this.take("video", found.video);
    this.microphoneUse = { on: found.audio !== null, problem: found.microphoneProblem };
    this.cameraUse = { on: found.video !== null, problem: found.cameraProblem };
    this.show();
    void this.devices.refresh(); // the permission brought the labels
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.inOrder(async () => {
      if (on && !this.audio) return this.replace("audio", this.devices.chosen.microphone, false);
      if (this.audio) this.audio.enabled = on;
      this.microphoneUse = { ...this.microphoneUse, on: on && this.audio !== null };
      this.show();
    });
  }

  setCamera(on: boolean): Promise<void> {
    return this.inOrder(async () => {
      if (on === (this.video !== null)) return;
      if (on) return this.replace("video", this.devices.chosen.camera, false);
      this.release("video");
      this.cameraUse = OFF;
      this.show();
      await this.user.put("video", null);
    });
  }

  switchCamera(): Promise<void> {
    return this.inOrder(async () => {
      await this.devices.refresh();
      const ids = this.devices.state.get().camera.map((camera) => camera.id);
      const now = this.video?.getSettings().deviceId ?? this.devices.chosen.camera;
      const next = ids[(ids.indexOf(now) + 1) % ids.length];
      if (!this.video || next === undefined || next === now) return;
      await this.exchangeCamera(next, now);
    });
  }

  choose(kind: "microphone" | "camera", id: string): Promise<void> {
    return this.inOrder(async () => {
      if (kind === "microphone" && this.audio) await this.replace("audio", id, id !== "");
      if (kind === "camera" && this.video) {
        await this.exchangeCamera(id, this.video.getSettings().deviceId ?? "");
      }
    });
  }

  stop(): void {
    this.stopped = true;
    this.release("audio");
    this.release("video");
    this.shownStream = null;
    this.microphoneUse = this.cameraUse = OFF;
  }

  /** Phones open one camera at a time, so the old one goes first, and comes back if it must. */
  private async exchangeCamera(next: string, now: string): Promise<void> {
    this.release("video");
    try {
      await this.replace("video", next, next !== "");
    } catch (problem) {
      await this.replace("video", now, false);
      throw problem;
    }
  }

  private async replace(kind: "audio" | "video", id: string, exact: boolean): Promise<void> {
    const { media } = this.devices;
    let track: MediaStreamTrack;
    try {
      track = kind === "audio" ? await media.microphone(id, exact) : await media.camera(id, exact);
    } catch (thrown) {
      const problem = thrown as MediaProblem;
      if (kind === "audio") this.microphoneUse = { ...this.microphoneUse, problem };
      else this.cameraUse = { on: this.video !== null, problem };
      this.show();
      throw problem;
    }
    if (this.dropIfStopped(track)) return;
    const muted = kind === "audio" && this.audio !== null && !this.microphoneUse.on;
    track.enabled = !muted;
    this.release(kind);
    this.take(kind, track);
    if (kind === "audio") this.microphoneUse = { on: !muted, problem: null };
    else this.cameraUse = { on: true, problem: null };
    this.show();
    await this.user.put(kind, track);
  }

  private take(kind: "audio" | "video", track: MediaStreamTrack | null): void {
    this[kind] = track;
    if (track) track.onended = () => this.onUnplugged(kind, track);
  }

  private release(kind: "audio" | "video"): void {
    const track = this[kind];
    if (track) {
      track.onended = null;
      track.stop();
    }
    this[kind] = null;
  }

  /** The device was pulled out, or the permission was taken back. */
  private onUnplugged(kind: "audio" | "video", track: MediaStreamTrack): void {
    if (this[kind] !== track) return;
    this[kind] = null;
    const device = kind === "audio" ? "microphone" : "camera";
    const use = { on: false, problem: new MediaProblem("not_found", device) };
    if (kind === "audio") this.microphoneUse = use;
    else this.cameraUse = use;
    this.show();
    void this.user.put(kind, null);
  }

  private dropIfStopped(...tracks: (MediaStreamTrack | null)[]): boolean {
    if (this.stopped) for (const track of tracks) track?.stop();
    return this.stopped;
  }

  private show(): void {
    if (this.stopped) return;
    const now = this.shownStream?.getTracks() ?? [];
    const same = now.length === this.live.length && this.live.every((track) => now.includes(track));
    if (!same || !this.shownStream) {
      this.shownStream = this.environment.newStream();
      for (const track of this.live) this.shownStream.addTrack(track);
    }
    this.user.changed();
  }

  private inOrder(run: () => Promise<void>): Promise<void> {
    const done = this.order.then(() => (this.stopped ? undefined : run()));
    this.order = done.catch(() => undefined);
    return done;
  }
}
