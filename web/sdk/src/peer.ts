/**
 * One RTCPeerConnection and its negotiation with the other side, by *perfect negotiation*
 * (W3C WebRTC §10.7): either side may offer at any time; when both do, the polite one yields.
 *
 * The caller is impolite and makes the first offer. The callee adds its tracks only when that
 * offer is here, so an ordinary call begins with one offer and one answer.
 */
import type { SignalKind } from "./signal_line";

/** `broken` does not heal by itself: restart(). It may be said more than once. */
export type PeerState = "connecting" | "connected" | "broken" | "closed";

export interface PeerOptions {
  polite: boolean;
  newConnection(): RTCPeerConnection;
  /** Where the tracks of the other side are put. */
  remote: MediaStream;
  send(kind: SignalKind, value: unknown): void;
  /** A track of the other side arrived. */
  onTrack(): void;
  onState(state: PeerState): void;
}

/** `n` counts one side's offers; an answer repeats it. */
interface Description {
  sdp: string;
  n: number;
}

/** A break of this length usually does not heal by itself. */
const HEALS_BY_ITSELF_MS = 3_000;

export class Peer {
  private readonly connection: RTCPeerConnection;
  private phase: PeerState = "connecting";
  private readonly polite: boolean;
  private makingOffer = false;
  private offers = 0;
  /** `n` of the other side's offer that was answered last. */
  private answered = 0;
  private early: RTCIceCandidateInit[] = [];
  /** Own ones of the present ICE generation. */
  private candidates: RTCIceCandidateInit[] = [];
  private order: Promise<void> = Promise.resolve();
  private breakTimer: ReturnType<typeof setTimeout> | undefined;
  private tracks: MediaStreamTrack[] | null = null;
  private senders = new Map<string, RTCRtpSender>();

  constructor(private readonly options: PeerOptions) {
    this.polite = options.polite;
    this.connection = options.newConnection();
    const { connection } = this;
    connection.onnegotiationneeded = () => void this.offer();
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) this.found(candidate.toJSON());
    };
    connection.onconnectionstatechange = () => this.follow();
    connection.ontrack = ({ track }) => {
      options.remote.addTrack(track);
      options.onTrack();
    };
  }

  get state(): PeerState {
    return this.phase;
  }

  stats(): Promise<RTCStatsReport> {
    return this.connection.getStats();
  }

  /** The first tracks. Impolite: offers them. Polite: adds them to the answer of the first offer. */
  begin(tracks: MediaStreamTrack[]): void {
    this.tracks = tracks;
    if (!this.polite || this.connection.remoteDescription) this.addFirstTracks();
  }

  /** Send `track` (null: nothing) in place of what was sent of this kind. */
  async put(kind: "audio" | "video", track: MediaStreamTrack | null): Promise<void> {
    if (this.tracks) {
      // Not negotiated yet: goes out with the first tracks.
      this.tracks = [...this.tracks.filter((one) => one.kind !== kind), ...(track ? [track] : [])];
      return;
    }
    const sender = this.senders.get(kind);
    if (sender) await sender.replaceTrack(track);
    else if (track) this.senders.set(kind, this.connection.addTrack(track));
  }

  /** What the other side sent, in the order it arrived. */
  hear(kind: "offer" | "answer" | "candidate", value: unknown): Promise<void> {
    this.order = this.order
      .then(() => (kind === "candidate" ? this.addCandidates(value) : this.describe(kind, value)))
      .catch(() => {
        // Descriptions of a closed connection, or of a peer that speaks something else: the
        // connection then stays unconnected, and the call's own deadline ends it.
      });
    return this.order;
  }

  /** Look for another way through the network, with these servers from now on. */
  restart(iceServers?: RTCIceServer[]): void {
    if (this.phase === "closed") return;
    if (iceServers) this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers });
    this.connection.restartIce();
  }

  /** Signals may have been lost on the way: say again what has no answer. */
  repeat(): void {
    const { connection } = this;
    if (connection.signalingState === "have-local-offer" && connection.localDescription) {
      this.say("offer", this.offers);
    } else if (connection.signalingState === "stable" && this.phase !== "connected" && !this.polite) {
      this.restart();
    }
    if (this.phase !== "connected") for (const candidate of this.candidates) this.options.send("candidate", candidate);
  }

  close(): void {
    clearTimeout(this.breakTimer);
    const { connection } = this;
    connection.onnegotiationneeded = connection.onicecandidate = null;
    connection.onconnectionstatechange = connection.ontrack = null;
    connection.close();
    this.phase = "closed";
  }

  private found(candidate: RTCIceCandidateInit): void {
    if (this.candidates[0]?.usernameFragment !== candidate.usernameFragment) this.candidates = [];
    this.candidates.push(candidate);
    this.options.send("candidate", candidate);
  }

  private addFirstTracks(): void {
    const tracks = this.tracks;
    if (tracks === null) return;
    this.tracks = null;
    for (const track of tracks) this.senders.set(track.kind, this.connection.addTrack(track));
    // Without a microphone the offer must still have a place for the other side's sound.
    if (!this.polite && !this.senders.has("audio")) {
      this.connection.addTransceiver("audio", { direction: "recvonly" });
    }
  }

  private async offer(): Promise<void> {
    const { connection } = this;
    try {
      this.makingOffer = true;
      await connection.setLocalDescription();
      this.say("offer", (this.offers += 1));
    } catch {
      // An offer of the other side came first: negotiationneeded fires again once it is answered.
    } finally {
      this.makingOffer = false;
    }
  }

  private say(type: "offer" | "answer", n: number): void {
    const sdp = this.connection.localDescription?.sdp;
    if (sdp !== undefined) this.options.send(type, { sdp, n } satisfies Description);
  }

  private async describe(type: "offer" | "answer", value: unknown): Promise<void> {
    const { connection } = this;
    const { sdp, n } = value as Description;
    if (type === "answer" && (connection.signalingState !== "have-local-offer" || n !== this.offers)) return;
    if (type === "offer" && n <= this.answered) return this.answerAgain(n);
    const collides = type === "offer" && (this.makingOffer || connection.signalingState !== "stable");
    if (collides && !this.polite) return;
    await connection.setRemoteDescription({ type, sdp }); // rolls an own offer back if need be
    const early = this.early.splice(0);
    if (type === "offer") {
      this.addFirstTracks();
      await connection.setLocalDescription();
      this.answered = n;
      this.say("answer", n);
    }
    await this.addCandidates(early);
  }

  /**
   * The other side said an offer again that has its answer. Taking it as a new one would undo
   * what was agreed since; it only needs the answer, and the own offer that it had to ignore.
   */
  private answerAgain(n: number): void {
    const { currentLocalDescription: current, signalingState } = this.connection;
    if (n === this.answered && current?.type === "answer") {
      this.options.send("answer", { sdp: current.sdp, n } satisfies Description);
    }
    if (signalingState === "have-local-offer") this.say("offer", this.offers);
  }

  private async addCandidates(value: unknown): Promise<void> {
    for (const candidate of value as RTCIceCandidateInit[]) {
      if (!this.connection.remoteDescription) {
        this.early.push(candidate);
        continue;
      }
      // Refused are those of an ignored offer, and of the time before an ICE restart.
      await this.connection.addIceCandidate(candidate).catch(() => undefined);
    }
  }

  private follow(): void {
    const state = this.connection.connectionState;
    clearTimeout(this.breakTimer);
    if (state === "connected") this.become("connected");
    else if (state === "failed") this.become("broken");
    else if (state === "disconnected") {
      this.breakTimer = setTimeout(() => this.become("broken"), HEALS_BY_ITSELF_MS);
    }
  }

  private become(state: PeerState): void {
    this.phase = state;
    this.options.onState(state);
  }
}
