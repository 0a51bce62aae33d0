/**
 * A line over plain HTTP, for networks that let no WebSocket through: posts up, and down an event
 * stream or, where something holds responses back until they end, one poll after the other.
 *
 * Nothing is lost or doubled while it lives: what comes down is numbered and acknowledged by the
 * next request, a post whose answer got lost is sent again with the number it had.
 */
import type { Environment } from "../environment";
import type { ErrorBody } from "../errors";
import { ABNORMAL, DRAINING, OVERLOADED } from "../reconnect";
import { EventParser } from "./event_stream";
import type { Line, LineEvents } from "./line";

export type Down = "events" | "poll";

const POST_LIMIT_MS = 15_000;
/** The first comment of a stream leaves at once; what is not there by then is being held back. */
const FIRST_COMMENT_MS = 4_000;
const SLACK_MS = 10_000;
const TRIES = 5;
const TRY_AGAIN_MS = 400;
/** Well under what the server lets wait, `longpoll.tail_bytes`, whatever the characters. */
const ACKNOWLEDGE_CHARS = 5_000;
const POST_CHARS = 50_000;

interface Answer {
  link?: string;
  poll_s?: number;
  comment_s?: number;
  upto: number;
  messages: unknown[];
}

/** An answer that ends the line. */
class Refused extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
  ) {
    super(reason);
  }
}

export class HttpLine implements Line {
  readonly way = "http";
  private readonly ended = new AbortController();
  private secret = "";
  private pollMs = 25_000;
  private commentMs = 15_000;
  /** The number of the last thing that came down. */
  private has = 0;
  private unacknowledged = 0;
  private posts = 0;
  private waiting: string[] = [];
  private posting = false;

  constructor(
    private readonly environment: Environment,
    private readonly events: LineEvents,
    private down: Down,
    /** An event stream was held back: from now on this line polls. */
    private readonly onHeldBack: () => void,
  ) {
    // After the constructor, so that whoever made this line knows it by then.
    queueMicrotask(() => {
      if (!this.ended.signal.aborted) events.onOpen();
    });
  }

  /** The first message opens the link. */
  send(text: string): void {
    this.waiting.push(text);
    void this.post();
  }

  close(): void {
    if (this.ended.signal.aborted) return;
    this.ended.abort();
    if (this.secret === "") return;
    const request = { method: "POST", headers: this.headers(), keepalive: true };
    this.environment.fetch(this.environment.baseUrl + "/http/close", request).catch(() => undefined);
  }

  private fail(thrown: unknown): void {
    if (this.ended.signal.aborted) return;
    const { code, reason } = thrown instanceof Refused ? thrown : new Refused(ABNORMAL, "unreachable");
    this.close();
    this.events.onClose(code, reason);
  }

  /** One request at a time: they have an order. */
  private async post(): Promise<void> {
    if (this.posting) return;
    this.posting = true;
    try {
      while (!this.ended.signal.aborted && (this.waiting.length > 0 || this.unacknowledged >= ACKNOWLEDGE_CHARS)) {
        if (this.secret === "") await this.connect(this.waiting.shift() ?? "");
        else await this.postWaiting();
      }
    } catch (thrown) {
      this.fail(thrown);
    } finally {
      this.posting = false;
    }
  }

  private async connect(hello: string): Promise<void> {
    const response = await this.ask("/http/connect", { method: "POST", body: hello }, POST_LIMIT_MS);
    const answer = await parse(response);
    if (answer.link === undefined) throw new Refused(ABNORMAL, "bad_reply");
    this.secret = answer.link;
    this.pollMs = (answer.poll_s ?? 25) * 1000;
    this.commentMs = (answer.comment_s ?? 15) * 1000;
    this.take(answer.upto, answer.messages.map((message) => JSON.stringify(message)));
    void this.read();
  }

  private async postWaiting(): Promise<void> {
    let count = 0;
    for (let chars = 0; count < this.waiting.length && (count === 0 || chars < POST_CHARS); count += 1) {
      chars += this.waiting[count]?.length ?? 0;
    }
    const messages = this.waiting.splice(0, count);
    this.posts += 1;
    this.unacknowledged = 0;
    const path = `/http/send?n=${this.posts}&ack=${this.has}`;
    const body = messages.length === 0 ? "" : `[${messages.join(",")}]`;
    await this.insist(async () => {
      const response = await this.ask(path, { method: "POST", body }, POST_LIMIT_MS);
      if (!response.ok) throw await refusal(response);
    });
  }

  private async read(): Promise<void> {
    try {
      while (!this.ended.signal.aborted) {
        await this.insist(() => (this.down === "poll" ? this.poll() : this.stream()));
      }
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  private async poll(): Promise<void> {
    const path = `/http/events?poll=1&ack=${this.has}`;
    this.unacknowledged = 0;
    const answer = await parse(await this.ask(path, {}, this.pollMs + SLACK_MS));
    this.take(answer.upto, answer.messages.map((message) => JSON.stringify(message)));
  }

  /** Until the stream breaks off. One that says nothing at first makes this line poll. */
  private async stream(): Promise<void> {
    const patience = new AbortController();
    let timer = setTimeout(() => patience.abort(), FIRST_COMMENT_MS);
    let spoke = false;
    try {
      const headers = { "Last-Event-ID": String(this.has) };
      const response = await this.ask("/http/events", { headers }, null, patience.signal);
      if (!response.ok) throw await refusal(response);
      const reader = response.body?.getReader();
      if (reader === undefined) return this.pollFromNowOn();
      const decoder = new TextDecoder();
      const parser = new EventParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        spoke = true;
        clearTimeout(timer);
        timer = setTimeout(() => patience.abort(), this.commentMs + SLACK_MS);
        for (const { number, messages } of parser.take(decoder.decode(value, { stream: true }))) {
          this.take(number, messages);
        }
        if (this.unacknowledged >= ACKNOWLEDGE_CHARS) void this.post();
      }
    } catch (thrown) {
      if (thrown instanceof Refused || thrown instanceof Later) throw thrown;
      if (!spoke && !patience.signal.aborted) throw thrown;
    } finally {
      clearTimeout(timer);
      patience.abort();
    }
    if (!spoke) return this.pollFromNowOn();
    throw new BrokenOff();
  }

  private pollFromNowOn(): void {
    this.down = "poll";
    if (!this.ended.signal.aborted) this.onHeldBack();
  }

  private take(number: number, messages: string[]): void {
    if (number <= this.has) return;
    this.has = number;
    for (const message of messages) {
      this.unacknowledged += message.length;
      if (!this.ended.signal.aborted) this.events.onText(message);
    }
  }

  /** Try a few times; throws what the last try threw, at once what the server means. */
  private async insist(attempt: () => Promise<void>): Promise<void> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        if (thrown instanceof BrokenOff) tried = 1;
        if (this.ended.signal.aborted || thrown instanceof Refused || tried === TRIES) throw thrown;
        const afterMs = thrown instanceof Later ? thrown.afterMs : TRY_AGAIN_MS * tried;
        await new Promise((resolve) => setTimeout(resolve, afterMs));
      }
    }
  }

  private headers(): Record<string, string> {
    return this.secret === "" ? {} : { Authorization: `Bearer ${this.secret}` };
  }

  private ask(path: string, request: RequestInit, limitMs: number | null, also?: AbortSignal): Promise<Response> {
    const signals = [this.ended.signal];
    if (limitMs !== null) signals.push(AbortSignal.timeout(limitMs));
    if (also) signals.push(also);
    const posts: Record<string, string> = request.method === "POST" ? { "Content-Type": "application/json" } : {};
    return this.environment.fetch(this.environment.baseUrl + path, {
      ...request,
      headers: { ...posts, ...this.headers(), ...(request.headers as Record<string, string> | undefined) },
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.any(signals),
    });
  }
}

/** A stream that had worked. */
class BrokenOff extends Error {}

/** Not now. */
class Later extends Error {
  constructor(readonly afterMs: number) {
    super("later");
  }
}

async function parse(response: Response): Promise<Answer> {
  if (!response.ok) throw await refusal(response);
  try {
    const answer = (await response.json()) as Partial<Answer>;
    if (typeof answer.upto === "number" && Array.isArray(answer.messages)) return answer as Answer;
  } catch (thrown) {
    // A body that broke off can be had again; one that is no JSON is somebody else's.
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  throw new Refused(ABNORMAL, "bad_reply");
}

async function refusal(response: Response): Promise<Refused | Later> {
  const body = (await response.json().catch(() => null)) as { error?: Partial<ErrorBody> } | null;
  const { code = `http_${response.status}`, retry_after_s: afterS = 0 } = body?.error ?? {};
  if (code === "rate_limited" || (response.status >= 500 && body?.error === undefined)) {
    return new Later(Math.max(1, afterS) * 1000);
  }
  const reason = afterS > 0 ? `${code} after_s=${afterS}` : code;
  if (code === "draining") return new Refused(DRAINING, reason);
  return new Refused(code === "overloaded" ? OVERLOADED : ABNORMAL, reason);
}
