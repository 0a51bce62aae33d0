import type { Environment } from "./environment";
import { Media } from "./media";
import { Value, type Readable, type Stop } from "./observable";

export type DeviceKind = "microphone" | "camera" | "speaker";

export interface Device {
  id: string;
  /** Empty until the person allowed a microphone or a camera once. */
  label: string;
}

export interface DevicesView {
  microphone: readonly Device[];
  camera: readonly Device[];
  speaker: readonly Device[];
  /** Ids; "" is the system's own choice. */
  chosen: Readonly<Record<DeviceKind, string>>;
  /** This browser lets a page choose where sound comes out. */
  speakerChoice: boolean;
}

const CHOSEN_UNDER = "parlor.devices";
const KINDS: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

/** Which devices there are and which are to be used; the choice is remembered in this browser. */
export class Devices {
  readonly media: Media;
  private readonly shown: Value<DevicesView>;
  private readonly refreshNow = (): void => void this.refresh();
  /** Told when a microphone or camera was chosen, so that a running call changes over. */
  onChosen: ((kind: "microphone" | "camera", id: string) => Promise<void>) | null = null;

  constructor(private readonly environment: Environment) {
    this.media = new Media(environment);
    this.shown = new Value<DevicesView>({
      microphone: [],
      camera: [],
      speaker: [],
      chosen: this.remembered(),
      speakerChoice: environment.speakerChoice,
    });
    environment.mediaDevices?.addEventListener?.("devicechange", this.refreshNow);
  }

  get state(): Readable<DevicesView> {
    return this.shown;
  }

  get chosen(): DevicesView["chosen"] {
    return this.shown.get().chosen;
  }

  /** Look again. Labels appear after the first permission. */
  async refresh(): Promise<void> {
    const lists: Record<DeviceKind, Device[]> = { microphone: [], camera: [], speaker: [] };
    const found = (await this.environment.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    for (const { kind, deviceId, label } of found) {
      // Chrome lists its aliases beside the real ones; "" stands for the default here.
      if (deviceId === "" || deviceId === "default" || deviceId === "communications") continue;
      lists[KINDS[kind]].push({ id: deviceId, label });
    }
    this.shown.set({ ...this.shown.get(), ...lists });
  }

  /** "" is the system's choice. Throws MediaProblem when a running call cannot change over. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    const chosen = { ...this.chosen, [kind]: id };
    this.environment.shelf.setItem(CHOSEN_UNDER, JSON.stringify(chosen));
    this.shown.set({ ...this.shown.get(), chosen });
    if (kind !== "speaker") await this.onChosen?.(kind, id);
  }

  /** Send an element's sound to the chosen speaker, now and whenever the choice changes. */
  attachSpeaker(element: HTMLMediaElement): Stop {
    let current = "";
    const apply = (): void => {
      const id = this.chosen.speaker;
      if (id === current || !this.shown.get().speakerChoice) return;
      current = id;
      // A speaker that was unplugged is refused; the element then plays where it did.
      element.setSinkId(id).catch(() => undefined);
    };
    apply();
    return this.shown.subscribe(apply);
  }

  /** To look at in the settings. The caller stops the tracks. Throws MediaProblem. */
  async preview(kind: "microphone" | "camera"): Promise<MediaStream> {
    const stream = this.environment.newStream();
    stream.addTrack(await this.media[kind](this.chosen[kind]));
    await this.refresh();
    return stream;
  }

  close(): void {
    this.environment.mediaDevices?.removeEventListener?.("devicechange", this.refreshNow);
  }

  private remembered(): DevicesView["chosen"] {
    const none = { microphone: "", camera: "", speaker: "" };
    try {
      return { ...none, ...(JSON.parse(this.environment.shelf.getItem(CHOSEN_UNDER) ?? "{}") as object) };
    } catch {
      return none;
    }
  }
}
