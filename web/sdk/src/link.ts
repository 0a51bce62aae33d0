/**
 * One WebSocket to the server, kept alive: hello, requests with deadlines, pushes, heartbeats,
 * and coming back after every kind of loss. Knows nothing of what the messages mean.
 */
import type { Environment } from "./environment";
import type { Kept, Renewal } from "./credentials";
import { ParlorError, offline } from "./errors";
import { Happening, Value, type Readable, type Stop } from "./observable";
import type { BackOff, HelloResult, Limits, Methods, Pushes } from "./protocol";
import { Received } from "./received";
import { JSON_SUBPROTOCOL } from "./protocol";
import {
  ABNORMAL, BACK_OFF, BANNED, OVERLOADED, PROTOCOL_ERROR, SIGNED_OUT, UNAUTHENTICATED, afterClose, backOffMs, parseReason,
} from "./reconnect";
import { Requests, type Heard, type RequestOptions } from "./requests";

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
const ANSWER_LIMIT_MS = 8_000;
const STEADY_MS = 5_000;

export class Link {
  private readonly current = new Value<LinkState>({ status: "idle" });
  private readonly greeting = new Value<HelloResult | null>(null);
  private readonly pushes = new Map<string, Happening<unknown>>();
  /** Everything that must be done first after each hello. */
  readonly greeted = new Happening<HelloResult>();
  readonly ended = new Happening<LinkEnd>();
  private socket: WebSocket | null = null;
  private readonly requests = new Requests(
    (text) => this.transmit(text),
    () => this.probe(),
  );
  private readonly received = new Received((upto) => this.request("mail.ack", { upto }));
  private attempt = 0;
  private since = Date.now();
  private heardAt = 0;
  private renewedFor = "";
  private bye: { code: number; reason: string } | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private openTimer: ReturnType<typeof setTimeout> | undefined;
  private heartbeatTimer: ReturnType<typeof setTimeout> | undefined;
  private clockAheadMs = 0;
  private readonly unlisten: Stop;

  constructor(
    private readonly environment: Environment,
    private readonly tokens: TokenSource,
    private readonly who: { instance: string; client: string },
  ) {
    const wake = (): void => this.wake();
    const shown = (): void => {
      if (environment.visible()) this.wake();
    };
    environment.page?.addEventListener("online", wake);
    environment.page?.addEventListener("offline", wake);
    environment.page?.addEventListener("visibilitychange", shown);
    environment.network?.addEventListener("change", wake);
    this.unlisten = () => {
      environment.page?.removeEventListener("online", wake);
      environment.page?.removeEventListener("offline", wake);
      environment.page?.removeEventListener("visibilitychange", shown);
      environment.network?.removeEventListener("change", wake);
    };
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
    return Date.now() + this.clockAheadMs;
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
    this.socket?.send(text);
    if (this.online) this.scheduleHeartbeat();
  }

  private connect(): void {
    const kept = this.tokens.kept();
    if (kept === null) return this.end("signed_out");
    this.current.set({ status: "connecting", since: this.since, attempt: this.attempt });
    this.bye = null;
    let socket: WebSocket;
    try {
      const url = this.environment.baseUrl.replace(/^http/, "ws") + "/ws";
      socket = new this.environment.WebSocket(url, JSON_SUBPROTOCOL);
    } catch {
      return this.lost(ABNORMAL, "");
    }
    this.socket = socket;
    this.openTimer = setTimeout(() => this.lost(ABNORMAL, "no_answer"), OPEN_LIMIT_MS);
    socket.onopen = () => this.socket === socket && this.sayHello(kept.token);
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (this.socket === socket && typeof message.data === "string") this.hear(message.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.code, event.reason);
    };
  }

  private sayHello(token: string): void {
    const epoch = this.greeting.get()?.epoch ?? "";
    this.requests.say(
      "hello",
      { token, ...this.who, epoch, rooms: [] },
      (hello) => this.welcome(hello as HelloResult),
      (error) => {
        if (error.code === "offline") return; // lost() is at work
        if (error.code === "unauthenticated") this.lost(UNAUTHENTICATED, error.code);
        else this.lost(OVERLOADED, `${error.code} after_s=${error.retryAfterS}`);
      },
    );
  }

  private welcome(hello: HelloResult): void {
    clearTimeout(this.openTimer);
    this.renewedFor = "";
    this.since = Date.now();
    this.clockAheadMs = hello.server_time - Date.now();
    this.greeting.set(hello);
    this.current.set({ status: "online", since: this.since });
    this.scheduleHeartbeat();
    this.greeted.emit(hello);
    this.requests.sendWaiting();
  }

  private hear(text: string): void {
    this.heardAt = Date.now();
    let message: Heard;
    try {
      message = JSON.parse(text) as Heard;
    } catch {
      return this.lost(PROTOCOL_ERROR, "not_json");
    }
    if (message.push === undefined) return this.requests.answer(message);
    if (message.push === "bye") this.bye = message.data as Pushes["bye"];
    if (message.push === "delivery" && !this.received.take(message.data as Pushes["delivery"])) return;
    this.pushes.get(message.push)?.emit(message.data);
  }

  /**
   * Armed by sending, so also from the reply to the last heartbeat: a timer set while a message
   * is handled is not slowed down in hidden pages as a chain of timers would be.
   */
  private scheduleHeartbeat(): void {
    clearTimeout(this.heartbeatTimer);
    const everyS = this.greeting.get()?.heartbeat_s ?? 30;
    this.heartbeatTimer = setTimeout(() => this.beat(), everyS * 1000);
  }

  private beat(): void {
    const socket = this.socket;
    const sentAt = Date.now();
    this.request("heartbeat", {}, { timeoutMs: ANSWER_LIMIT_MS }).then(
      ({ server_time }) => {
        if (this.socket !== socket || !this.online) return;
        this.clockAheadMs = server_time - (sentAt + Date.now()) / 2;
        this.scheduleHeartbeat();
      },
      (error: ParlorError) => {
        if (this.socket === socket && this.online && error.code === "timed_out" && this.heardAt < sentAt) {
          this.lost(ABNORMAL, "no_heartbeat");
        }
      },
    );
  }

  /** Find out soon whether the link still carries, unless it just did. */
  private probe(): void {
    if (this.online && Date.now() - this.heardAt > 2_000) this.beat();
  }

  private wake(): void {
    if (this.online) this.probe();
    else if (this.current.get().status === "offline") this.tryNow();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.openTimer);
    clearTimeout(this.heartbeatTimer);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.received.pause();
    this.requests.failUnanswered();
  }

  private get backOff(): BackOff {
    return this.greeting.get()?.back_off ?? BACK_OFF;
  }

  private lost(closeCode: number, closeReason: string): void {
    const wasOnline = this.online;
    // A close that never came as a frame (1005, ABNORMAL) may have been announced by a bye.
    const { code, reason } =
      this.bye && closeCode < 4000 ? this.bye : { code: closeCode, reason: closeReason };
    if (wasOnline) {
      if (Date.now() - this.since >= STEADY_MS) this.attempt = 0;
      this.since = Date.now();
    }
    // Before drop(), so that whoever asks again at once is not taken for online.
    this.current.set({ status: "connecting", since: this.since, attempt: this.attempt });
    this.drop();
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
    if (this.current.get().status !== "connecting" || this.socket !== null) return; // stopped meanwhile
    if (renewal === "refused") return this.end("expired");
    if (renewal === "unreachable") {
      return this.again(backOffMs(this.attempt, this.environment.random(), this.backOff), "unreachable");
    }
    this.renewedFor = this.tokens.kept()?.token ?? "";
    this.connect();
  }

  private halt(code: number, reason: string): void {
    if (code === SIGNED_OUT) return this.end("signed_out");
    if (code === BANNED) return this.end("banned");
    this.current.set({ status: "stopped", since: this.since, code, reason });
  }

  private end(why: LinkEnd): void {
    this.stop();
    this.ended.emit(why);
  }
}
