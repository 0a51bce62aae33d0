/**
 * One link to the server, kept alive: hello, requests with deadlines, pushes, and coming back
 * after every kind of loss. Over WebSocket or, where the network lets none through, over plain
 * HTTP until it does. Knows nothing of what the messages mean.
 */
import type { Environment } from "./environment";
import type { Kept, Renewal } from "./credentials";
import { ParlorError, offline } from "./errors";
import { Happening, Value, type Readable, type Stop } from "./observable";
import type { BackOff, Hello, HelloResult, Limits, Methods, Pushes } from "./protocol";
import { Pulse } from "./pulse";
import { Received } from "./received";
import {
  ABNORMAL, BACK_OFF, BANNED, DEVICE_REPLACED, OVERLOADED, PROTOCOL_ERROR, SIGNED_OUT, UNAUTHENTICATED, afterClose, backOffMs, parseReason,
} from "./reconnect";
import { Requests, type Heard, type RequestOptions } from "./requests";
import { Staying } from "./staying";
import { HttpLine } from "./transports/http";
import type { Line, LineEvents } from "./transports/line";
import { WebSocketLine } from "./transports/websocket";
import { Trial, UPGRADE_LIMIT_MS } from "./trial";
import { onWaking } from "./waking";
import { Ways, answers } from "./ways";

export type { RequestOptions } from "./requests";

export type LinkState =
  /** Nobody is signed in. */
  | { status: "idle" }
  | { status: "connecting"; since: number; attempt: number }
  | { status: "online"; since: number }
  | { status: "offline"; since: number; attempt: number; nextAttemptAt: number; reason: string }
  /** The server said not to come back by oneself; tryNow() still does. */
  | { status: "stopped"; since: number; code: number; reason: string };

/** Where tokens come from. */
export interface TokenSource {
  kept(): Kept | null;
  renew(used: string): Promise<Renewal>;
}

/** The person has to sign in again: `expired`, or the name of the close code. */
export type LinkEnd = "expired" | "signed_out" | "banned";

const OPEN_LIMIT_MS = 10_000;
/** How long the line that was given up for a better one may still bring answers. */
const RETIRE_MS = 3_000;
const STEADY_MS = 5_000;

export class Link {
  private readonly current = new Value<LinkState>({ status: "idle" });
  private readonly greeting = new Value<HelloResult | null>(null);
  private readonly pushes = new Map<string, Happening<unknown>>();
  /** Everything that must be done first after each hello. */
  readonly greeted = new Happening<HelloResult>();
  readonly ended = new Happening<LinkEnd>();
  /** What the next hello says of rooms; `Rooms` sets it. */
  following: () => Pick<Hello, "rooms" | "since"> = () => ({ rooms: [] });
  private line: Line | null = null;
  private retired: Line | null = null;
  private readonly ways: Ways;
  private readonly trial: Trial;
  private readonly requests = new Requests(
    (text) => this.transmit(text),
    () => this.pulse.probe(),
  );
  private readonly pulse = new Pulse({
    ask: (method, params, options) => this.request(method, params, options),
    online: () => this.online,
    line: () => this.line,
    silent: () => this.lost(ABNORMAL, "no_heartbeat"),
  });
  private readonly received = new Received((upto) => this.request("mail.ack", { upto }));
  private readonly staying: Staying;
  private attempt = 0;
  private since = Date.now();
  private renewedFor = "";
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private openTimer: ReturnType<typeof setTimeout> | undefined;
  private retireTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly unlisten: Stop;

  constructor(
    private readonly environment: Environment,
    private readonly tokens: TokenSource,
    private readonly who: { instance: string; client: string },
  ) {
    this.staying = new Staying(environment, tokens, {
      carrier: () => (this.online ? this.line : null),
      serverNow: () => this.serverNow(),
      show: (token) => this.request("token.renew", { token }),
    });
    this.ways = new Ways(environment.tabShelf);
    this.trial = new Trial(environment, this.ways, {
      greet: (line, greeted) => this.sayHello(line, greeted),
      hear: (line, text) => this.hear(line, text),
      closed: (line, code, reason) => this.closed(line, code, reason),
      change: (line, hello) => this.change(line, hello),
    });
    const changed = (): void => {
      this.ways.onNetworkChange();
      this.wake();
      if (this.online && this.line?.way === "http") this.trial.schedule();
    };
    const gone = (): void => {
      this.ways.onNetworkChange();
      this.pulse.doubt();
    };
    this.unlisten = onWaking(environment, { changed, gone, shown: () => this.wake() });
  }

  get state(): Readable<LinkState> {
    return this.current;
  }

  /** The last hello reply; null before the first. */
  get hello(): Readable<HelloResult | null> {
    return this.greeting;
  }

  /** How many lossy deliveries the server dropped for this page, because it was not reading. */
  get missed(): Readable<number> {
    return this.received.missed;
  }

  get limits(): Limits | null {
    return this.greeting.get()?.limits ?? null;
  }

  get online(): boolean {
    return this.current.get().status === "online";
  }

  /** The server's wall clock in milliseconds, as far as hello and heartbeats told. */
  serverNow(): number {
    return this.pulse.serverNow();
  }

  start(): void {
    if (this.current.get().status !== "idle") return;
    this.attempt = 0;
    this.since = Date.now();
    this.connect();
  }

  /** Close and forget the person: the next start() says hello anew. */
  stop(): void {
    this.drop();
    this.received.forget();
    clearTimeout(this.retryTimer);
    this.requests.failWaiting(new ParlorError("signed_out", "Nobody is signed in."));
    this.greeting.set(null);
    this.staying.forget();
    this.current.set({ status: "idle" });
  }

  /** stop() for good. */
  close(): void {
    this.stop();
    this.unlisten();
  }

  /** Connect now instead of at the next attempt; nothing when online or on the way. */
  tryNow(): void {
    const { status } = this.current.get();
    if (status !== "offline" && status !== "stopped") return;
    clearTimeout(this.retryTimer);
    this.attempt = 0;
    this.connect();
  }

  /** A delivery is told once, however often it comes, and acknowledged when it must arrive. */
  onPush<P extends keyof Pushes>(name: P, listener: (data: Pushes[P]) => void): Stop {
    let happening = this.pushes.get(name);
    if (happening === undefined) this.pushes.set(name, (happening = new Happening<unknown>()));
    return happening.on(listener as (data: unknown) => void);
  }

  /**
   * Ask the server. Rejects with a ParlorError only: the server's own, or `offline` (which also
   * means that the link broke before the answer: it may have been done), `timed_out`, `aborted`.
   */
  request<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options: RequestOptions = {},
  ): Promise<Methods[M]["result"]> {
    const waits = options.whenOffline === "wait" && this.current.get().status !== "idle";
    if (!this.online && !waits) return Promise.reject(offline());
    return this.requests.ask(method, params, this.online, options) as Promise<Methods[M]["result"]>;
  }

  private transmit(text: string): void {
    this.line?.send(text);
    if (this.online) this.pulse.schedule();
  }

  private connect(): void {
    if (this.tokens.kept() === null) return this.end("signed_out");
    this.current.set({ status: "connecting", since: this.since, attempt: this.attempt });
    let line: Line;
    try {
      line = this.open({
        onOpen: () => {
          if (this.line !== line) return;
          this.limitOpening(OPEN_LIMIT_MS);
          this.sayHello(line, (hello) => this.welcome(hello));
        },
        onText: (text) => this.hear(line, text),
        onClose: (code, reason) => this.closed(line, code, reason),
      });
    } catch {
      return this.lost(ABNORMAL, "");
    }
    this.line = line;
    this.limitOpening(line.way === "websocket" ? UPGRADE_LIMIT_MS : OPEN_LIMIT_MS);
  }

  private open(events: LineEvents): Line {
    const { environment, ways } = this;
    if (ways.next() === "websocket") return new WebSocketLine(environment, events);
    return new HttpLine(environment, events, ways.down, () => ways.keep("poll"));
  }

  private limitOpening(limitMs: number): void {
    clearTimeout(this.openTimer);
    this.openTimer = setTimeout(() => this.lost(ABNORMAL, "no_answer"), limitMs);
  }

  private sayHello(line: Line, greeted: (hello: HelloResult) => void): void {
    const token = this.tokens.kept()?.token ?? "";
    const epoch = this.greeting.get()?.epoch ?? "";
    const asked = {
      resolve: (hello: unknown) => {
        this.staying.onShown(token);
        greeted(hello as HelloResult);
      },
      reject: (error: ParlorError) => {
        if (error.code === "offline" || this.line !== line) return; // lost() is at work
        if (error.code === "unauthenticated") this.lost(UNAUTHENTICATED, error.code);
        else this.lost(OVERLOADED, `${error.code} after_s=${error.retryAfterS}`);
      },
    };
    const hello = { token, ...this.who, epoch, ...this.following(), resume: this.staying.ticket };
    this.requests.say("hello", hello, asked, (text) => line.send(text));
  }

  private welcome(hello: HelloResult): void {
    clearTimeout(this.openTimer);
    this.renewedFor = "";
    this.since = Date.now();
    this.received.onHello(hello.epoch);
    this.greeting.set(hello);
    this.current.set({ status: "online", since: this.since });
    this.pulse.onHello(hello.server_time, hello.heartbeat_s);
    this.staying.rely(hello);
    this.ways.onGreeted(this.line?.way ?? "websocket");
    if (this.line?.way === "http") this.trial.schedule();
    this.greeted.emit(hello);
    this.requests.sendWaiting();
  }

  /** Was it the server that did not answer, or only its WebSocket? */
  private async judge(silent: boolean): Promise<void> {
    const works = await answers(this.environment);
    if (!works || this.ways.next() === "http") return;
    this.ways.onBlocked(silent);
    if (this.ways.next() === "http" && this.current.get().status === "offline") this.tryNow();
  }

  /** A better line was greeted. What the old one was asked it may still answer. */
  private change(line: Line, hello: HelloResult): void {
    const old = this.line;
    const before = this.requests.nextNumber;
    this.line = line;
    this.retired = old;
    this.retireTimer = setTimeout(() => {
      old?.close();
      this.retired = null;
      this.requests.failUnanswered(before);
    }, RETIRE_MS);
    this.welcome(hello);
  }

  private hear(line: Line, text: string): void {
    this.pulse.onHeard();
    let message: Heard;
    try {
      message = JSON.parse(text) as Heard;
    } catch {
      return this.closed(line, PROTOCOL_ERROR, "not_json");
    }
    if (message.push === undefined) return this.requests.answer(message);
    // Of a line that is not the link yet, or no longer, only answers count.
    if (this.line !== line) return;
    if (message.push === "bye") {
      const { code, reason } = message.data as Pushes["bye"];
      return this.lost(code, reason);
    }
    if (message.push === "delivery" && !this.received.take(message.data as Pushes["delivery"])) return;
    this.pushes.get(message.push)?.emit(message.data);
  }

  private closed(line: Line, code: number, reason: string): void {
    if (this.line === line) this.lost(code, reason);
  }

  private wake(): void {
    if (this.online) this.pulse.probe();
    else if (this.current.get().status === "offline") this.tryNow();
  }

  private drop(): void {
    const { line, retired } = this;
    this.line = this.retired = null;
    for (const timer of [this.openTimer, this.retireTimer]) clearTimeout(timer);
    this.pulse.stop();
    this.trial.stop();
    line?.close();
    retired?.close();
    this.received.pause();
    this.staying.pause();
    this.requests.failUnanswered();
    this.requests.failHeld();
  }

  private get backOff(): BackOff {
    return this.greeting.get()?.back_off ?? BACK_OFF;
  }

  private lost(code: number, reason: string): void {
    const wasOnline = this.online;
    const way = this.line?.way ?? this.ways.next();
    if (wasOnline) {
      if (Date.now() - this.since >= STEADY_MS) this.attempt = 0;
      this.since = Date.now();
    }
    // Before drop(), so that whoever asks again at once is not taken for online.
    this.current.set({ status: "connecting", since: this.since, attempt: this.attempt });
    this.drop();
    if (code === UNAUTHENTICATED) this.staying.forget();
    if (!wasOnline && code < 4000) {
      if (way === "http") this.ways.onHttpFailed();
      else void this.judge(reason === "no_answer");
    }
    const next = afterClose(code, reason, this.attempt, this.environment.random(), this.backOff);
    const name = parseReason(reason).name || `close ${code}`;
    if (next.do === "stop") return this.halt(code, name);
    if (next.do === "renew") return void this.renew();
    this.again(next.afterMs, name);
  }

  private again(afterMs: number, reason: string): void {
    const nextAttemptAt = Date.now() + afterMs;
    this.current.set({ status: "offline", since: this.since, attempt: this.attempt, nextAttemptAt, reason });
    this.attempt += 1;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), afterMs);
  }

  /** Another token, once per refused token; then the person has to sign in again. */
  private async renew(): Promise<void> {
    const used = this.tokens.kept()?.token ?? "";
    if (used === this.renewedFor) return this.end("expired");
    const renewal = await this.tokens.renew(used);
    if (this.current.get().status !== "connecting" || this.line !== null) return; // stopped meanwhile
    if (renewal === "refused") return this.end("expired");
    if (renewal === "unreachable") {
      return this.again(backOffMs(this.attempt, this.environment.random(), this.backOff), "unreachable");
    }
    this.renewedFor = this.tokens.kept()?.token ?? "";
    this.connect();
  }

  private halt(code: number, reason: string): void {
    if (code === SIGNED_OUT || code === DEVICE_REPLACED) return this.end("signed_out");
    if (code === BANNED) return this.end("banned");
    this.current.set({ status: "stopped", since: this.since, code, reason });
  }

  private end(why: LinkEnd): void {
    this.stop();
    this.ended.emit(why);
  }
}
