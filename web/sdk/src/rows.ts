import { counts } from "./log";
import type { ConversationView, Event } from "./protocol";

/** The server counts no further. */
const MOST_UNREAD = 1000;

/**
 * The rows of the conversation list, whatever order the server's words arrive in.
 *
 * A row's unread count belongs to its (last_seq, read_seq). Where pieces of different age are put
 * together and the count is no longer known, the row is *uncertain* until somebody counts again
 * or asks the server.
 */
export class Rows {
  private rows = new Map<string, ConversationView>();
  private doubtful = new Set<string>();
  private sortedRows: readonly ConversationView[] | null = [];

  constructor(private readonly me: () => string) {}

  get(id: string): ConversationView | undefined {
    return this.rows.get(id);
  }

  /** Newest first. */
  get sorted(): readonly ConversationView[] {
    this.sortedRows ??= [...this.rows.values()].sort(
      (one, other) => other.active_at - one.active_at || (one.id < other.id ? 1 : -1),
    );
    return this.sortedRows;
  }

  get uncertain(): readonly string[] {
    return [...this.doubtful];
  }

  clear(): void {
    this.rows.clear();
    this.doubtful.clear();
    this.sortedRows = [];
  }

  /** True when `row` says nothing that is not here. */
  knows(row: ConversationView): boolean {
    const here = this.rows.get(row.id);
    return (
      here !== undefined &&
      !this.doubtful.has(row.id) &&
      here.last_seq >= row.last_seq &&
      here.read_seq >= row.read_seq
    );
  }

  /** A row as the server had it at some moment, maybe older than what is here. */
  merge(row: ConversationView): void {
    const here = this.rows.get(row.id);
    if (here === undefined) return this.put(row);
    const newer = row.last_seq >= here.last_seq ? row : here;
    const readSeq = Math.max(row.read_seq, here.read_seq);
    if (newer.read_seq === readSeq) {
      if (newer === row) this.doubtful.delete(row.id);
      return this.put(newer);
    }
    this.put({ ...newer, read_seq: readSeq, unread: this.guess(newer, readSeq) });
    if (newer.last_seq > readSeq) this.doubtful.add(row.id);
  }

  /** A new event. False when there is no row for it yet. */
  apply(event: Event): boolean {
    const row = this.rows.get(event.conversation_id);
    if (row === undefined) return false;
    if (event.seq <= row.last_seq) return true;
    if (event.seq > row.last_seq + 1) this.doubtful.add(row.id);
    const unread = counts(event, this.me()) && event.seq > row.read_seq;
    this.put({
      ...row,
      last_seq: event.seq,
      last_event: event,
      active_at: Math.max(row.active_at, event.sent_at),
      unread: Math.min(MOST_UNREAD, row.unread + (unread ? 1 : 0)),
      title: event.kind === "title" && event.title ? event.title : row.title,
      member_count: row.member_count + growth(event),
    });
    return true;
  }

  /** The read position moved to `seq`, here or on another device; it never moves back. */
  read(id: string, seq: number): void {
    const row = this.rows.get(id);
    if (row === undefined || seq <= row.read_seq) return;
    this.put({ ...row, read_seq: seq, unread: this.guess(row, seq) });
    if (seq >= row.last_seq) this.doubtful.delete(id);
    else this.doubtful.add(id);
  }

  /** The exact count for the row as it is now. */
  settle(id: string, unread: number): void {
    const row = this.rows.get(id);
    this.doubtful.delete(id);
    if (row && row.unread !== unread) this.put({ ...row, unread: Math.min(MOST_UNREAD, unread) });
  }

  private guess(row: ConversationView, readSeq: number): number {
    return Math.max(0, Math.min(row.unread, row.last_seq - readSeq));
  }

  private put(row: ConversationView): void {
    this.rows.set(row.id, row);
    this.sortedRows = null;
  }
}

function growth(event: Event): number {
  const people = event.members?.length ?? 0;
  return event.kind === "joined" ? people : event.kind === "left" ? -people : 0;
}
