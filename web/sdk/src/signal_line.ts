import type { Ask } from "./ask";
import type { ParlorError } from "./errors";

export type SignalKind = "offer" | "answer" | "candidate" | "state";

interface Waiting {
  kind: SignalKind;
  value: unknown;
}

const RETRY_MS = 1_000;

/**
 * The way to the other side of one call: in order, one request at a time, candidates that wait
 * together leave together. While there is no link signals wait; resume() sends them.
 */
export class SignalLine {
  private waiting: Waiting[] = [];
  private sending = false;
  private closed = false;

  constructor(
    private readonly ask: Ask,
    private readonly callId: string,
  ) {}

  /** A candidate's value is one RTCIceCandidateInit; it arrives in an array. */
  send(kind: SignalKind, value: unknown): void {
    const last = this.waiting[this.waiting.length - 1];
    if (kind === "candidate" && last?.kind === "candidate") (last.value as unknown[]).push(value);
    else this.waiting.push({ kind, value: kind === "candidate" ? [value] : value });
    void this.drain();
  }

  resume(): void {
    void this.drain();
  }

  close(): void {
    this.closed = true;
    this.waiting = [];
  }

  private async drain(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      for (;;) {
        const next = this.waiting.shift();
        if (next === undefined || this.closed) return;
        const params = { call_id: this.callId, kind: next.kind, payload: JSON.stringify(next.value) };
        try {
          await this.ask("call.signal", params);
        } catch (thrown) {
          const error = thrown as ParlorError;
          if (!error.retry || this.closed) continue; // the call is over or not ours: a push says so
          // It may have arrived: an offer, answer or candidate twice does no harm.
          this.waiting.unshift(next);
          if (error.code === "offline") return;
          await new Promise((resolve) => setTimeout(resolve, Math.max(RETRY_MS, error.retryAfterS * 1000)));
        }
      }
    } finally {
      this.sending = false;
    }
  }
}
