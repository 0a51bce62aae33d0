/**
 * Which way to the server to try next. WebSocket is first; plain HTTP when it was seen to work
 * while WebSocket did not; and WebSocket again as soon as a try beside shows that it works.
 */
import type { Environment, Shelf } from "./environment";
import type { Down } from "./transports/http";
import type { Way } from "./transports/line";

const KEPT_UNDER = "parlor.way";
/** A server that comes back between two tries is no sign of a blocked upgrade; twice is. */
const BLOCKED_AFTER = 2;
const CHECK_MS = 4_000;
const FIRST_TRY_MS = 10_000;
const LONGEST_TRY_MS = 300_000;

export class Ways {
  private blocked: number;
  private tries = 0;
  /** How the last line over HTTP could be read. */
  down: Down;

  /** What worked last in this tab is tried first. */
  constructor(private readonly shelf: Shelf) {
    const kept = shelf.getItem(KEPT_UNDER);
    this.blocked = kept === null ? 0 : BLOCKED_AFTER;
    this.down = kept === "poll" ? "poll" : "events";
  }

  next(): Way {
    return this.blocked >= BLOCKED_AFTER ? "http" : "websocket";
  }

  /** A WebSocket did not open though HTTP works; `silent`: it was not even refused. */
  onBlocked(silent: boolean): void {
    this.blocked += silent ? BLOCKED_AFTER : 1;
  }

  /** HTTP did not work either: the next failure of a WebSocket decides anew. */
  onHttpFailed(): void {
    this.blocked = BLOCKED_AFTER - 1;
  }

  /** Hello was answered. */
  onGreeted(way: Way): void {
    if (way === "websocket") {
      this.blocked = this.tries = 0;
      this.down = "events";
      this.shelf.removeItem(KEPT_UNDER);
    } else {
      this.keep(this.down);
    }
  }

  keep(down: Down): void {
    this.down = down;
    this.shelf.setItem(KEPT_UNDER, down);
  }

  /** Another network may have other rules. */
  onNetworkChange(): void {
    this.tries = 0;
  }

  /** When to try a WebSocket beside the line over HTTP; `random` is in [0, 1). */
  tryAgainMs(random: number): number {
    const whole = Math.min(LONGEST_TRY_MS, FIRST_TRY_MS * 2 ** Math.min(this.tries, 10));
    this.tries += 1;
    return Math.round(whole * (0.75 + 0.5 * random));
  }
}

/** Whether the server answers over plain HTTP. */
export async function answers({ fetch, baseUrl }: Environment): Promise<boolean> {
  const request: RequestInit = { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(CHECK_MS) };
  try {
    const response = await fetch(baseUrl + "/healthz", request);
    // To its end: a body that nobody reads is a request given up, to the browser.
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}
