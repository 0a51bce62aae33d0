/** Microphones and cameras: asking for them, and why one did not come. */
import type { Environment } from "./environment";

export type MediaProblemReason =
  | "denied" // the person or the browser said no
  | "not_found" // there is no such device
  | "in_use" // another program has it, or it is broken
  | "insecure" // the page is neither https nor localhost
  | "unsupported"
  | "unknown";

export class MediaProblem extends Error {
  override readonly name = "MediaProblem";

  constructor(
    readonly reason: MediaProblemReason,
    readonly device: "microphone" | "camera",
  ) {
    super(`${device}: ${reason}`);
  }
}

/** What a call begins with. A missing device is a problem to show, not a reason not to talk. */
export interface LocalTracks {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  microphoneProblem: MediaProblem | null;
  cameraProblem: MediaProblem | null;
}

/** DOMException names of getUserMedia (W3C Media Capture §10.2), old spellings included. */
const REASONS: Readonly<Record<string, MediaProblemReason>> = {
  NotAllowedError: "denied",
  PermissionDeniedError: "denied",
  SecurityError: "denied",
  NotFoundError: "not_found",
  DevicesNotFoundError: "not_found",
  OverconstrainedError: "not_found",
  NotReadableError: "in_use",
  TrackStartError: "in_use",
  AbortError: "in_use",
};

export class Media {
  constructor(private readonly environment: Environment) {}

  /** `exact`: this very device or none; otherwise the browser may take another. */
  microphone(id: string, exact = false): Promise<MediaStreamTrack> {
    const audio: MediaTrackConstraints = {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      ...device(id, exact),
    };
    return this.one("microphone", { audio });
  }

  camera(id: string, exact = false): Promise<MediaStreamTrack> {
    const video: MediaTrackConstraints = {
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30 },
      ...(id ? device(id, exact) : { facingMode: "user" }),
    };
    return this.one("camera", { video });
  }

  /**
   * A microphone, and a camera if wanted. Throws MediaProblem when there is a microphone that may
   * not be used; without one, or without a camera, the call goes on and the result says why.
   */
  async forCall(video: boolean, chosen: { microphone: string; camera: string }): Promise<LocalTracks> {
    const tracks: LocalTracks = { audio: null, video: null, microphoneProblem: null, cameraProblem: null };
    try {
      tracks.audio = await this.microphone(chosen.microphone);
    } catch (thrown) {
      const problem = thrown as MediaProblem;
      if (problem.reason !== "not_found") throw problem;
      tracks.microphoneProblem = problem;
    }
    if (!video) return tracks;
    try {
      tracks.video = await this.camera(chosen.camera);
    } catch (thrown) {
      tracks.cameraProblem = thrown as MediaProblem;
    }
    return tracks;
  }

  private async one(
    kind: MediaProblem["device"],
    constraints: MediaStreamConstraints,
  ): Promise<MediaStreamTrack> {
    const { mediaDevices, secure } = this.environment;
    if (!mediaDevices?.getUserMedia) throw new MediaProblem(secure ? "unsupported" : "insecure", kind);
    let stream: MediaStream;
    try {
      stream = await mediaDevices.getUserMedia(constraints);
    } catch (thrown) {
      const name = (thrown as Partial<DOMException> | null)?.name ?? "";
      throw new MediaProblem(REASONS[name] ?? "unknown", kind);
    }
    const [track] = stream.getTracks();
    if (track === undefined) throw new MediaProblem("not_found", kind);
    return track;
  }
}

function device(id: string, exact: boolean): MediaTrackConstraints {
  if (!id) return {};
  return { deviceId: exact ? { exact: id } : { ideal: id } };
}
