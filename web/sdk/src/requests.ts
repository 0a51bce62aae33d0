/** Requests of one link: which wait for it, which are unanswered, and until when. */
import { ParlorError, offline, type ErrorBody } from "./errors";

export interface RequestOptions {
  /** Default 10,000. */
  timeoutMs?: number;
  /** Waiting for a link counts towards timeoutMs. Default "fail". */
  whenOffline?: "fail" | "wait";
  /**
   * Refused for coming too fast: "wait" asks again when the server says, within timeoutMs. Only
   * for what reads: what was asked later may be answered earlier. Default "fail".
   */
  whenLimited?: "fail" | "wait";
  signal?: AbortSignal;
}

/** A message from the server, before anything is known of it. */
export interface Heard {
  id?: number;
  result?: unknown;
  error?: ErrorBody;
  push?: string;
  data?: unknown;
}

interface Asked {
  method: string;
  params: unknown;
  again?: boolean;
  resolve(result: unknown): void;
  reject(error: ParlorError): void;
}

const REQUEST_MS = 10_000;
/** Whoever waits for an answer would rather be told than wait longer. */
const LONGEST_HOLD_S = 3;

export class Requests {
  private unanswered = new Map<number, Asked>();
  private waiting: Asked[] = [];
  /** Came too fast, and are asked again when it is time. */
  private held = new Map<Asked, ReturnType<typeof setTimeout>>();
  private nextId = 1;

  constructor(
    private readonly transmit: (text: string) => void,
    /** A request got no answer in time. */
    private readonly onSilence: () => void,
  ) {}

  /** `now`: send at once, else with the next sendWaiting(). Rejects with a ParlorError only. */
  ask(method: string, params: unknown, now: boolean, options: RequestOptions): Promise<unknown> {
    const { timeoutMs = REQUEST_MS, whenLimited, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted());
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const asked: Asked = {
        method,
        params,
        again: whenLimited === "wait",
        resolve(result) {
          settle();
          resolve(result);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      const giveUp = (error: ParlorError): void => {
        this.forget(asked);
        asked.reject(error);
      };
      const onAbort = (): void => giveUp(aborted());
      const timer = setTimeout(() => {
        giveUp(new ParlorError("timed_out", "The server did not answer in time.", true));
        this.onSilence();
      }, timeoutMs);
      signal?.addEventListener("abort", onAbort);
      if (now) this.send(asked);
      else this.waiting.push(asked);
    });
  }

  /**
   * Over a line of the caller's, without a deadline; the answer is told at once, before the next
   * message is looked at.
   */
  say(method: string, params: unknown, asked: Pick<Asked, "resolve" | "reject">, via: (text: string) => void): void {
    this.send({ method, params, ...asked }, via);
  }

  /** What is asked from now on has this number or a higher one. */
  get nextNumber(): number {
    return this.nextId;
  }

  sendWaiting(): void {
    for (const asked of this.waiting.splice(0)) this.send(asked);
  }

  /** An answer to a request that was given up is ignored. */
  answer({ id = 0, result, error }: Heard): void {
    const asked = this.unanswered.get(id);
    this.unanswered.delete(id);
    if (!error) return asked?.resolve(result);
    const refusal = ParlorError.from(error);
    const soon = refusal.code === "rate_limited" && refusal.retryAfterS <= LONGEST_HOLD_S;
    if (asked?.again && soon) this.hold(asked, refusal.retryAfterS * 1000);
    else asked?.reject(refusal);
  }

  /** The connection is gone: what was sent, before this number, may or may not have been done. */
  failUnanswered(before = Infinity): void {
    const gone = [...this.unanswered].filter(([id]) => id < before);
    for (const [id] of gone) this.unanswered.delete(id);
    for (const [, asked] of gone) asked.reject(offline());
  }

  /** The link is gone: nothing is asked again over the next one. */
  failHeld(): void {
    for (const asked of [...this.held.keys()]) {
      this.forget(asked);
      asked.reject(offline());
    }
  }

  failWaiting(error: ParlorError): void {
    for (const asked of this.waiting.splice(0)) asked.reject(error);
  }

  private send(asked: Asked, via = this.transmit): void {
    const id = this.nextId++;
    this.unanswered.set(id, asked);
    via(JSON.stringify({ id, method: asked.method, params: asked.params }));
  }

  private hold(asked: Asked, waitMs: number): void {
    const again = (): void => {
      this.held.delete(asked);
      this.send(asked);
    };
    this.held.set(asked, setTimeout(again, waitMs));
  }

  private forget(asked: Asked): void {
    clearTimeout(this.held.get(asked));
    this.held.delete(asked);
    this.waiting = this.waiting.filter((other) => other !== asked);
    for (const [id, other] of this.unanswered) if (other === asked) this.unanswered.delete(id);
  }
}

function aborted(): ParlorError {
  return new ParlorError("aborted", "The request was called off.");
}
