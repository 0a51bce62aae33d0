import type { LocalStore } from "./local_store";
import { EventLog } from "./log";
import type { ConversationView } from "./protocol";
import type { Rows } from "./rows";

/** A timer cannot wait longer. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Sees to it that a message which expires before it is read is unread no more, while the page is
 * open. The server does not tell: everybody who has the message knows.
 */
export class Expiring {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private at = Infinity;
  private generation = 0;

  constructor(
    private readonly rows: Rows,
    private readonly local: LocalStore,
    private readonly me: () => string,
    private readonly changed: () => void,
  ) {}

  /** Rows of an earlier visit: what has expired since was counted in them. */
  async begin(rows: readonly ConversationView[]): Promise<void> {
    const { generation } = this;
    for (const { id, unread } of rows) {
      if (unread === 0) continue;
      const kept = (await this.local.events(id)).map(({ event }) => event);
      const row = this.rows.get(id);
      if (generation !== this.generation) return;
      if (row === undefined || kept.length === 0) continue;
      this.rows.note(id, kept);
      const now = Date.now();
      if (!kept.some(({ seq, expires_at }) => seq > row.read_seq && !!expires_at && expires_at <= now)) continue;
      const log = new EventLog();
      log.begin(kept, row.last_seq);
      const left = log.unread(row.read_seq, row.last_seq, this.me());
      if (left) this.rows.settle(id, left.count, left.named);
    }
    this.changed();
  }

  /** The rows have changed: the next one to expire may be another. */
  mind(): void {
    const at = this.rows.nextExpiry;
    if (at === this.at) return;
    this.at = at;
    clearTimeout(this.timer);
    if (at === Infinity) return;
    const waitMs = Math.min(LONGEST_MS, Math.max(0, at - Date.now()));
    this.timer = setTimeout(() => {
      this.at = Infinity;
      this.rows.expire(Date.now());
      this.changed();
    }, waitMs);
  }

  clear(): void {
    this.generation += 1;
    clearTimeout(this.timer);
    this.at = Infinity;
  }
}
