import { randomId } from "../../src/environment";

export class FakeTrack {
  readonly id = randomId();
  enabled = true;
  readyState: "live" | "ended" = "live";
  onended: (() => void) | null = null;

  constructor(
    readonly kind: "audio" | "video",
    readonly deviceId = `${kind}-1`,
  ) {}

  stop(): void {
    this.readyState = "ended";
  }

  getSettings(): { deviceId: string } {
    return { deviceId: this.deviceId };
  }
}

export class FakeStream {
  private tracks: FakeTrack[] = [];
  addTrack(track: FakeTrack): void {
    if (!this.tracks.includes(track)) this.tracks.push(track);
  }
  getTracks(): FakeTrack[] {
    return [...this.tracks];
  }
}

class FakeSender {
  constructor(public track: FakeTrack | null) {}
  replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }
}

/** What a fake SDP says. */
interface Description {
  from: string;
  kinds: string[];
  sends: string[];
  ice: number;
  /** As real SDP has the candidates found so far. */
  gathered: boolean;
  /** Made with the offer, repeated by its answer. */
  negotiation: string;
}

type Signaling = "stable" | "have-local-offer" | "have-remote-offer" | "closed";

/** The air between fake connections. Down, nobody connects and whoever was connected breaks off. */
export class FakeAir {
  up = true;
  readonly connections: FakeConnection[] = [];

  cut(): void {
    this.up = false;
    for (const connection of this.connections) connection.become("disconnected");
  }
}

/**
 * RTCPeerConnection as far as negotiation goes: signalling states with implicit rollback,
 * negotiationneeded, ICE generations. It connects when both sides are stable, have each other's
 * newest ICE generation, and have been given at least one candidate.
 */
export class FakeConnection {
  signalingState: Signaling = "stable";
  connectionState: RTCPeerConnectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  currentLocalDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: { toJSON(): RTCIceCandidateInit } | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: { track: FakeTrack }) => void) | null = null;
  readonly id = randomId();
  readonly offers: Description[] = [];
  rollbacks = 0;
  /** The last negotiation that this side completed. */
  agreed = "";
  private senders: { kind: string; sender: FakeSender }[] = [];
  private receiveOnly = new Set<string>();
  private described = new Set<string>();
  /** Those of `wanted` that the present local description speaks for; `described` once agreed. */
  private spokenFor: string[] = [];
  private received = new Set<string>();
  private ice = 1;
  private iceWanted = false;
  private candidates = 0;
  private checking = false;

  constructor(
    private readonly air: FakeAir,
    public configuration: RTCConfiguration,
  ) {
    air.connections.push(this);
  }

  get sending(): string[] {
    return this.senders.filter(({ sender }) => sender.track).map(({ kind }) => kind);
  }

  addTrack(track: FakeTrack): FakeSender {
    const sender = new FakeSender(track);
    this.senders.push({ kind: track.kind, sender });
    this.receiveOnly.delete(track.kind);
    this.checkNeeded();
    return sender;
  }

  addTransceiver(kind: string): void {
    this.receiveOnly.add(kind);
    this.checkNeeded();
  }

  restartIce(): void {
    this.iceWanted = true;
    this.checkNeeded();
  }

  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  getStats(): Promise<Map<string, Record<string, unknown>>> {
    return Promise.resolve(new Map());
  }

  async setLocalDescription(): Promise<void> {
    await Promise.resolve();
    this.checkOpen();
    if (this.signalingState === "have-remote-offer") {
      const offer = parse(this.remoteDescription);
      this.localDescription = this.describe("answer", offer.kinds, offer.negotiation);
      this.settle(offer.negotiation);
    } else {
      if (this.iceWanted) this.ice += 1;
      this.iceWanted = false;
      const kinds = new Set([...this.wanted(), ...this.described, ...this.received]);
      this.localDescription = this.describe("offer", [...kinds], randomId());
      this.offers.push(parse(this.localDescription));
      this.signalingState = "have-local-offer";
    }
    setImmediate(() => this.gather());
  }

  async setRemoteDescription(description: { type: "offer" | "answer"; sdp: string }): Promise<void> {
    await Promise.resolve();
    this.checkOpen();
    if (description.type === "answer" && this.signalingState !== "have-local-offer") throw new Error("InvalidState");
    if (description.type === "offer" && this.signalingState === "have-local-offer") this.rollbacks += 1;
    const remote = parse(description);
    this.remoteDescription = description;
    if (remote.gathered) this.candidates += 1;
    for (const kind of remote.sends) {
      if (this.received.has(kind)) continue;
      this.received.add(kind);
      this.ontrack?.({ track: new FakeTrack(kind as "audio" | "video", `remote-${kind}`) });
    }
    if (description.type === "offer") this.signalingState = "have-remote-offer";
    else this.settle(remote.negotiation);
  }

  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    await Promise.resolve();
    if (!this.remoteDescription) throw new Error("InvalidState");
    if (candidate.candidate !== `host ${parse(this.remoteDescription).ice}`) throw new Error("OperationError");
    this.candidates += 1;
    this.tryToConnect();
  }

  close(): void {
    this.signalingState = "closed";
    this.connectionState = "closed";
  }

  become(state: RTCPeerConnectionState): void {
    if (this.signalingState === "closed" || this.connectionState === state) return;
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  private describe(type: string, kinds: string[], negotiation: string): { type: string; sdp: string } {
    const sends = this.sending.filter((kind) => kinds.includes(kind));
    this.spokenFor = this.wanted().filter((kind) => kinds.includes(kind));
    const description: Description = { from: this.id, kinds, sends, ice: this.ice, gathered: false, negotiation };
    return { type, sdp: JSON.stringify(description) };
  }

  private gather(): void {
    if (!this.localDescription || this.signalingState === "closed") return;
    const { type, sdp } = this.localDescription;
    this.localDescription = { type, sdp: JSON.stringify({ ...JSON.parse(sdp), gathered: true }) };
    const candidate = { candidate: `host ${this.ice}`, usernameFragment: String(this.ice) };
    this.onicecandidate?.({ candidate: { toJSON: () => candidate } });
  }

  private wanted(): string[] {
    return [...this.senders.map(({ kind }) => kind), ...this.receiveOnly];
  }

  private settle(negotiation: string): void {
    this.agreed = negotiation;
    this.currentLocalDescription = this.localDescription;
    for (const kind of this.spokenFor) this.described.add(kind);
    this.signalingState = "stable";
    this.tryToConnect();
    this.checkNeeded();
  }

  private tryToConnect(): void {
    if (!this.air.up || this.signalingState !== "stable" || this.candidates === 0) return;
    queueMicrotask(() => this.become("connected"));
  }

  /** W3C WebRTC §4.7.3: once per turn, and only in stable. */
  private checkNeeded(): void {
    if (this.checking) return;
    this.checking = true;
    queueMicrotask(() => {
      this.checking = false;
      const needed = this.iceWanted || this.wanted().some((kind) => !this.described.has(kind));
      if (needed && this.signalingState === "stable") this.onnegotiationneeded?.();
    });
  }

  private checkOpen(): void {
    if (this.signalingState === "closed") throw new Error("InvalidState");
  }
}

function parse(description: { sdp: string } | null): Description {
  return JSON.parse(description?.sdp ?? "{}") as Description;
}

/** Microphones and cameras that the test takes away, refuses or lists. */
export class FakeMediaDevices extends EventTarget {
  readonly opened: FakeTrack[] = [];
  readonly refusals: Partial<Record<"audio" | "video", string>> = {};
  cameras = ["video-1", "video-2"];

  getUserMedia(constraints: MediaStreamConstraints): Promise<FakeStream> {
    const kind = constraints.audio ? "audio" : "video";
    const name = this.refusals[kind];
    if (name) return Promise.reject(Object.assign(new Error(name), { name }));
    const wanted = (constraints[kind] as MediaTrackConstraints).deviceId as
      | { exact?: string; ideal?: string }
      | undefined;
    const track = new FakeTrack(kind, wanted?.exact ?? wanted?.ideal ?? `${kind}-1`);
    this.opened.push(track);
    const stream = new FakeStream();
    stream.addTrack(track);
    return Promise.resolve(stream);
  }

  enumerateDevices(): Promise<{ kind: string; deviceId: string; label: string }[]> {
    const cameras = this.cameras.map((deviceId) => ({ kind: "videoinput", deviceId, label: deviceId }));
    return Promise.resolve([
      { kind: "audioinput", deviceId: "default", label: "Default" },
      { kind: "audioinput", deviceId: "audio-1", label: "Mic" },
      { kind: "audiooutput", deviceId: "speaker-1", label: "Speaker" },
      ...cameras,
    ]);
  }

  get live(): FakeTrack[] {
    return this.opened.filter((track) => track.readyState === "live");
  }
}
