import type { Ask } from "./ask";
import type { ParlorError } from "./errors";

const ANSWER_LIMIT_MS = 8_000;
/** For a line of which the browser says that it has no network. */
const DOUBTED_LIMIT_MS = 2_000;
/** A line that carried something so lately needs no proof. */
const FRESH_MS = 2_000;

/** The link, as its pulse sees it. */
export interface Pulsing {
  ask: Ask;
  online(): boolean;
  /** Another value is another line: what was asked over the last one says nothing of this one. */
  line(): unknown;
  /** Nothing has been heard since a heartbeat that should have been answered by now. */
  silent(): void;
}

/** Whether the line still carries, and what the server's clock says: heartbeats when it is quiet. */
export class Pulse {
  private heardAt = 0;
  private aheadMs = 0;
  private everyS = 30;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly link: Pulsing) {}

  /** The server's wall clock in milliseconds, as far as hello and heartbeats told. */
  serverNow(): number {
    return Date.now() + this.aheadMs;
  }

  onHello(serverTime: number, everyS: number): void {
    this.aheadMs = serverTime - Date.now();
    this.everyS = everyS;
    this.schedule();
  }

  onHeard(): void {
    this.heardAt = Date.now();
  }

  /**
   * Armed by sending, so also from the reply to the last heartbeat: a timer set while a message
   * is handled is not slowed down in hidden pages as a chain of timers would be.
   */
  schedule(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.beat(), this.everyS * 1000);
  }

  /** Find out soon whether the link still carries, unless it just did. */
  probe(): void {
    if (this.link.online() && Date.now() - this.heardAt > FRESH_MS) this.beat();
  }

  /** Find out at once: what was heard a moment ago proves nothing any more. */
  doubt(): void {
    if (this.link.online()) this.beat(DOUBTED_LIMIT_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private beat(timeoutMs = ANSWER_LIMIT_MS): void {
    const { link } = this;
    const line = link.line();
    const sentAt = Date.now();
    const current = (): boolean => link.line() === line && link.online();
    link.ask("heartbeat", {}, { timeoutMs }).then(
      ({ server_time }) => {
        if (!current()) return;
        this.aheadMs = server_time - (sentAt + Date.now()) / 2;
        this.schedule();
      },
      (error: ParlorError) => {
        if (current() && error.code === "timed_out" && this.heardAt < sentAt) link.silent();
      },
    );
  }
}
