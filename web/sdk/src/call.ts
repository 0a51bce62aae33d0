/**
 * One call as this device sees it: what the server says of it (CallView), this device's own
 * tracks, and the connection to the other side.
 *
 * Rules about the call are the server's; this follows its views, which may arrive twice and late
 * but never take the call back to an earlier state. Media goes on while the link is away.
 */
import type { Ask } from "./ask";
import type { CallEnd, CallSnapshot } from "./call_snapshot";
import { CallTracks } from "./call_tracks";
import type { Devices } from "./devices";
import type { Environment } from "./environment";
import { ParlorError } from "./errors";
import { Value, type Readable } from "./observable";
import { Peer, type PeerState } from "./peer";
import type { CallState, CallView, IceServer, Media } from "./protocol";
import { compare, read, type Reading } from "./quality";
import { SignalLine, type SignalKind } from "./signal_line";

export interface CallSurroundings {
  environment: Environment;
  devices: Devices;
  ask: Ask;
  /** User id and endpoint of this device, as hello told. */
  me(): { user: string; endpoint: string };
  /** Never rejects. */
  iceServers(): Promise<readonly IceServer[]>;
}

interface RemoteState {
  microphone?: boolean;
  camera?: boolean;
  /** The sender's link was away: repeat what it may have missed. */
  again?: boolean;
}

const RANK: Readonly<Record<CallState, number>> = { invited: 0, ringing: 1, active: 2, ended: 3 };
/** Longer than this without media, at first or later, and the call is given up. */
const WITHOUT_MEDIA_MS = 30_000;
const QUALITY_MS = 2_000;
/** Parting words that wait for a link are still worth saying within the server's own patience. */
const PARTING = { whenOffline: "wait", timeoutMs: 20_000 } as const;

export class Call {
  private readonly shown: Value<CallSnapshot>;
  private readonly tracks: CallTracks;
  private view: CallView | null = null;
  private peer: Peer | null = null;
  private line: SignalLine | null = null;
  private early: { kind: SignalKind; value: unknown }[] = [];
  private joining = false;
  private withoutMedia: ReturnType<typeof setTimeout> | undefined;
  private qualityTimer: ReturnType<typeof setInterval> | undefined;
  private lastReading: Reading | null = null;

  private constructor(
    private readonly around: CallSurroundings,
    start: Pick<CallSnapshot, "conversationId" | "direction" | "media">,
  ) {
    this.shown = new Value<CallSnapshot>({
      ...start,
      id: "",
      peer: "",
      phase: "starting",
      connectedAt: 0,
      localStream: null,
      remoteStream: null,
      microphone: { on: false, problem: null },
      camera: { on: false, problem: null },
      remoteMicrophone: true,
      remoteCamera: false,
      quality: null,
      end: null,
      durationS: 0,
    });
    this.tracks = new CallTracks(around.environment, around.devices, {
      put: async (kind, track) => this.peer?.put(kind, track),
      changed: () => this.onTracks(),
    });
  }

  static outgoing(around: CallSurroundings, conversationId: string, media: Media): Call {
    return new Call(around, { conversationId, media, direction: "outgoing" });
  }

  static incoming(around: CallSurroundings, view: CallView): Call {
    const call = new Call(around, {
      conversationId: view.conversation_id,
      media: view.media,
      direction: "incoming",
    });
    call.apply(view);
    return call;
  }

  get state(): Readable<CallSnapshot> {
    return this.shown;
  }

  get id(): string {
    return this.shown.get().id;
  }

  get ended(): boolean {
    return this.shown.get().phase === "ended";
  }

  /** Answer here. Throws MediaProblem or a ParlorError that may pass; the call then rings on. */
  async accept(media: Media = this.shown.get().media): Promise<void> {
    if (this.shown.get().phase !== "incoming") return;
    this.change({ phase: "answering" });
    try {
      await this.tracks.begin(media === "video");
      if (this.ended) return this.tracks.stop();
      this.apply((await this.around.ask("call.accept", { call_id: this.id })).call);
    } catch (thrown) {
      this.refused(thrown);
      throw thrown;
    }
  }

  async reject(): Promise<void> {
    if (this.ended) return;
    const { id } = this;
    this.finish("rejected");
    await this.around.ask("call.reject", { call_id: id }, PARTING).catch(() => undefined);
  }

  /** Also cancels before the answer. Takes effect here at once, also without a link. */
  async hangUp(): Promise<void> {
    if (this.ended) return;
    await this.give(this.view?.state === "active" ? "answered" : "cancelled");
  }

  /** A microphone that was missing is asked for again. Throws MediaProblem. */
  setMicrophone(on: boolean): Promise<void> {
    return this.tracks.setMicrophone(on);
  }

  /** The camera is let go when off. Throws MediaProblem. */
  setCamera(on: boolean): Promise<void> {
    return this.tracks.setCamera(on);
  }

  /** The next camera, as from front to back. Throws MediaProblem when none could be started. */
  switchCamera(): Promise<void> {
    return this.tracks.switchCamera();
  }

  // What follows is called by `Calls`, not by apps.

  /** Ring the other person. Throws MediaProblem or ParlorError; the call has then ended. */
  async start(): Promise<void> {
    const { conversationId, media } = this.shown.get();
    try {
      await this.tracks.begin(media === "video");
      if (this.ended) return this.tracks.stop();
      const { call } = await this.around.ask("call.start", { conversation_id: conversationId, media });
      if (this.ended) {
        // Called off before the server had named it.
        await this.around.ask("call.hang_up", { call_id: call.id }, PARTING).catch(() => undefined);
        return;
      }
      this.apply(call);
    } catch (thrown) {
      if (!this.ended) this.finish("failed");
      throw thrown;
    }
  }

  apply(view: CallView): void {
    if (this.ended) return;
    if (this.view && RANK[view.state] <= RANK[this.view.state]) return;
    const { user, endpoint } = this.around.me();
    this.view = view;
    this.change({ id: view.id, peer: view.caller === user ? view.callee : view.caller });
    if (view.state === "ended") return this.finish(view.outcome ?? "failed", view);
    if (view.state !== "active") {
      const outgoing = view.state === "invited" ? "inviting" : "ringing";
      const phase = this.shown.get().direction === "outgoing" ? outgoing : "incoming";
      if (this.shown.get().phase !== "answering") this.change({ phase });
      return;
    }
    const mine = view.caller === user ? view.caller_endpoint : view.callee_endpoint;
    if (mine !== endpoint) return this.finish("answered_elsewhere");
    void this.join(view.caller !== user);
  }

  hear(kind: SignalKind, value: unknown): void {
    if (this.ended) return;
    if (kind === "state") this.onRemoteState(value as RemoteState);
    else if (this.peer) void this.peer.hear(kind, value);
    else this.early.push({ kind, value });
  }

  /** The link is back and the server still has the call. */
  resume(view: CallView): void {
    this.apply(view);
    if (this.ended || !this.peer) return;
    this.line?.resume();
    this.sayState(true);
    this.peer.repeat();
  }

  /** The server has no such call any more. */
  gone(): void {
    if (!this.ended && this.shown.get().phase !== "starting") this.finish("gone");
  }

  /** The way to the network changed: find the new one before the old one is missed. */
  onNetworkChange(): void {
    if (this.peer && !this.ended) void this.repair();
  }

  choose(kind: "microphone" | "camera", id: string): Promise<void> {
    return this.tracks.choose(kind, id);
  }

  private async join(polite: boolean): Promise<void> {
    if (this.joining) return;
    this.joining = true;
    const { environment } = this.around;
    const remote = environment.newStream();
    this.change({ phase: "connecting", remoteStream: remote });
    this.mindMedia("could_not_connect");
    this.line = new SignalLine(this.around.ask, this.id);
    const iceServers = asRtc(await this.around.iceServers());
    if (this.ended || !environment.RTCPeerConnection) return;
    const Connection = environment.RTCPeerConnection;
    const peer = new Peer({
      polite,
      newConnection: () => new Connection({ iceServers, bundlePolicy: "max-bundle" }),
      remote,
      send: (kind, value) => this.line?.send(kind, value),
      onTrack: () => this.change({}),
      onState: (state) => this.onPeer(state),
    });
    this.peer = peer;
    peer.begin(this.tracks.live);
    this.sayState(false);
    for (const { kind, value } of this.early.splice(0)) this.hear(kind, value);
  }

  private onPeer(state: PeerState): void {
    if (this.ended) return;
    if (state === "connected") {
      clearTimeout(this.withoutMedia);
      this.withoutMedia = undefined;
      this.change({ phase: "connected", connectedAt: this.shown.get().connectedAt || Date.now() });
      this.qualityTimer ??= setInterval(() => void this.measure(), QUALITY_MS);
    } else if (state === "broken") {
      const before = this.shown.get().connectedAt > 0;
      if (before) this.change({ phase: "reconnecting" });
      this.mindMedia(before ? "connection_lost" : "could_not_connect");
      void this.repair();
    }
  }

  private async repair(): Promise<void> {
    const servers = asRtc(await this.around.iceServers());
    if (!this.ended) this.peer?.restart(servers);
  }

  /** Give up unless media comes, or comes back, in time. */
  private mindMedia(end: "could_not_connect" | "connection_lost"): void {
    this.withoutMedia ??= setTimeout(() => void this.give(end), WITHOUT_MEDIA_MS);
  }

  private async give(end: CallEnd): Promise<void> {
    const { id } = this;
    this.finish(end);
    if (id) await this.around.ask("call.hang_up", { call_id: id }, PARTING).catch(() => undefined);
  }

  private async measure(): Promise<void> {
    const stats = await this.peer?.stats().catch(() => null);
    if (!stats || this.ended) return;
    const reports: Record<string, unknown>[] = [];
    stats.forEach((report: Record<string, unknown>) => reports.push(report));
    const now = read(reports, Date.now());
    if (this.lastReading) this.change({ quality: compare(this.lastReading, now) });
    this.lastReading = now;
  }

  private onTracks(): void {
    if (this.ended) return;
    const { stream, microphone, camera } = this.tracks;
    this.change({ localStream: stream, microphone, camera });
    this.sayState(false);
  }

  private sayState(again: boolean): void {
    if (!this.peer) return;
    const { microphone, camera } = this.tracks;
    this.line?.send("state", { microphone: microphone.on, camera: camera.on, ...(again ? { again } : {}) });
  }

  private onRemoteState({ microphone = true, camera = false, again = false }: RemoteState): void {
    this.change({ remoteMicrophone: microphone, remoteCamera: camera });
    if (!again) return;
    this.sayState(false);
    this.peer?.repeat();
  }

  private refused(thrown: unknown): void {
    if (this.ended) return;
    const code = thrown instanceof ParlorError ? thrown.code : "";
    if (code === "call_taken") this.finish("answered_elsewhere");
    else if (code === "call_over" || code === "no_such_call") this.finish("gone");
    else {
      this.tracks.stop();
      this.change({ phase: "incoming" });
    }
  }

  private finish(end: CallEnd, view: CallView | null = null): void {
    clearTimeout(this.withoutMedia);
    clearInterval(this.qualityTimer);
    this.line?.close();
    this.peer?.close();
    this.tracks.stop();
    const answered = view?.answered_at ?? this.view?.answered_at ?? 0;
    const { connectedAt } = this.shown.get();
    const durationMs = view && answered > 0 ? view.ended_at - answered : connectedAt && Date.now() - connectedAt;
    this.change({
      phase: "ended",
      end,
      durationS: Math.max(0, Math.floor(durationMs / 1000)),
      localStream: null,
      remoteStream: null,
      quality: null,
    });
  }

  private change(change: Partial<CallSnapshot>): void {
    this.shown.set({ ...this.shown.get(), ...change });
  }
}

function asRtc(servers: readonly IceServer[]): RTCIceServer[] {
  return servers.map(({ urls, username, credential }) =>
    username ? { urls: [...urls], username, credential: credential ?? "" } : { urls: [...urls] },
  );
}
