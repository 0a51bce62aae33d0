/** The calls of this device: at most one at a time, which is what the server allows, too. */
import { Call, type CallSurroundings } from "./call";
import { Devices } from "./devices";
import type { Environment } from "./environment";
import { ParlorError } from "./errors";
import type { Link } from "./link";
import { Value, type Readable, type Stop } from "./observable";
import type { CallSignalPush, CallView, HelloResult, IceServer, Media } from "./protocol";
import type { SignalKind } from "./signal_line";

/** Servers are asked for again when their credentials last less than this. */
const ICE_MARGIN_MS = 60_000;
const ICE_LIMIT_MS = 5_000;
/** What comes while a call is being started, before its id is known. */
const MAX_EARLY = 64;

/** What calls need of the link. */
export type CallLink = Pick<Link, "request" | "onPush" | "hello" | "serverNow">;

export class Calls {
  readonly devices: Devices;
  private readonly shown = new Value<Call | null>(null);
  private readonly around: CallSurroundings;
  private earlyViews: CallView[] = [];
  private earlySignals: CallSignalPush[] = [];
  private ice: { servers: readonly IceServer[]; expiresAt: number } = { servers: [], expiresAt: 0 };
  private readonly stops: Stop[] = [];

  constructor(
    environment: Environment,
    private readonly link: CallLink,
  ) {
    this.devices = new Devices(environment);
    this.devices.onChosen = async (kind, id) => this.running?.choose(kind, id);
    this.around = {
      environment,
      devices: this.devices,
      ask: (method, params, options) => link.request(method, params, options),
      me: () => {
        const hello = link.hello.get();
        return { user: hello?.user.id ?? "", endpoint: hello?.endpoint ?? "" };
      },
      iceServers: () => this.iceServers(),
    };
    this.stops.push(
      link.onPush("call", ({ call }) => this.onView(call)),
      link.onPush("call.signal", (signal) => this.onSignal(signal)),
      listen(environment.network, "change", () => this.running?.onNetworkChange()),
      listen(environment.page, "online", () => this.running?.onNetworkChange()),
      // A page that goes takes its media with it: say so instead of leaving the other side waiting.
      listen(environment.page, "pagehide", () => void this.running?.hangUp()),
    );
  }

  /** Incoming, outgoing, running, or just ended (until dismissed or replaced). */
  get current(): Readable<Call | null> {
    return this.shown;
  }

  /**
   * Ring the other person of a direct conversation. `current` is set at once; the promise settles
   * when it rings. Throws MediaProblem or ParlorError (`busy`, `offline` …); nothing rings then.
   */
  async start(conversationId: string, media: Media): Promise<Call> {
    if (this.running) throw new ParlorError("busy", "You are in another call already.");
    const call = Call.outgoing(this.around, conversationId, media);
    this.shown.set(call);
    try {
      await call.start();
    } finally {
      this.catchUpAfterStart(call);
    }
    return call;
  }

  /** Forget a call that has ended. */
  dismiss(): void {
    if (this.shown.get()?.ended) this.shown.set(null);
  }

  // What follows is called by the client that owns the calls, not by apps.

  onHello(hello: HelloResult): void {
    const call = this.running;
    if (call?.id) {
      const view = hello.calls.find((one) => one.id === call.id);
      if (view) call.resume(view);
      else call.gone();
    }
    for (const view of hello.calls) {
      if (view.id === call?.id) continue;
      if (this.isMine(view) && call?.state.get().phase !== "starting") this.endOrphan(view);
      else this.onView(view);
    }
  }

  /** The person signed out. */
  leave(): void {
    void this.running?.hangUp();
    this.shown.set(null);
    this.ice = { servers: [], expiresAt: 0 };
  }

  close(): void {
    this.leave();
    for (const stop of this.stops) stop();
    this.devices.close();
  }

  private get running(): Call | null {
    const call = this.shown.get();
    return call && !call.ended ? call : null;
  }

  private onView(view: CallView): void {
    const call = this.running;
    if (call?.id === view.id) return call.apply(view);
    if (call?.state.get().phase === "starting") {
      if (this.earlyViews.length < MAX_EARLY) this.earlyViews.push(view);
      return;
    }
    if (call || this.shown.get()?.id === view.id) return;
    const rings = view.state === "invited" || view.state === "ringing";
    if (rings && view.callee === this.around.me().user) this.ring(view);
  }

  private ring(view: CallView): void {
    const call = Call.incoming(this.around, view);
    this.shown.set(call);
    this.link.request("call.ringing", { call_id: view.id }).then(
      ({ call: now }) => call.apply(now),
      (error: ParlorError) => {
        if (error.code === "call_over" || error.code === "no_such_call") call.gone();
      },
    );
  }

  private onSignal(signal: CallSignalPush): void {
    const call = this.running;
    if (call?.id === signal.call_id) hearSignal(call, signal);
    else if (call?.state.get().phase === "starting" && this.earlySignals.length < MAX_EARLY) {
      this.earlySignals.push(signal);
    }
  }

  /** What came while the call had no id: for itself (glare), or for nobody. */
  private catchUpAfterStart(call: Call): void {
    const signals = this.earlySignals.splice(0);
    for (const view of this.earlyViews.splice(0)) this.onView(view);
    for (const signal of signals) if (signal.call_id === call.id) hearSignal(call, signal);
  }

  private isMine(view: CallView): boolean {
    const { user, endpoint } = this.around.me();
    const mine = view.caller === user ? view.caller_endpoint : view.callee_endpoint;
    return mine === endpoint;
  }

  /** The server has this tab in a call that the tab does not have: its page was loaded anew. */
  private endOrphan(view: CallView): void {
    this.link.request("call.hang_up", { call_id: view.id }).catch(() => undefined);
  }

  private async iceServers(): Promise<readonly IceServer[]> {
    if (this.ice.expiresAt - ICE_MARGIN_MS > this.link.serverNow()) return this.ice.servers;
    try {
      const reply = await this.link.request("call.ice", {}, { timeoutMs: ICE_LIMIT_MS });
      this.ice = { servers: reply.ice_servers, expiresAt: reply.expires_at };
    } catch {
      // The last ones may still do; without any, two devices in one network find each other.
    }
    return this.ice.servers;
  }
}

function hearSignal(call: Call, { kind, payload }: CallSignalPush): void {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return; // another client's way to signal, not ours
  }
  if (value !== null && typeof value === "object") call.hear(kind as SignalKind, value);
}

function listen(target: EventTarget | null, name: string, listener: () => void): Stop {
  target?.addEventListener(name, listener);
  return () => target?.removeEventListener(name, listener);
}
