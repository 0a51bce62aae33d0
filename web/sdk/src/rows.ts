import type { Act } from "./act";
import { pendingRow } from "./applying/pending";
import { applyToRow } from "./applying/to_row";
import { counts, names } from "./log";
import { Noted } from "./noted";
import type { ConversationView, Event, Notify, Receipt } from "./protocol";

/** The server counts no further. */
const MOST_UNREAD = 1000;

/** The body of the self log's entry about a conversation; what is left out is as at first. */
export interface OwnConversation {
  read_seq?: number;
  pinned?: boolean;
  notify?: Notify;
  /** Hidden until something is said after it. */
  hidden_seq?: number;
  unread_mark?: boolean;
}

/** Whether something unread in `row` mentions this person. */
export function isMentionedIn(row: ConversationView): boolean {
  return row.mentioned_seq > row.read_seq;
}

type PeerPlace = Pick<ConversationView, "peer_read_seq" | "peer_delivered_seq">;

function furthest(one: PeerPlace, other: PeerPlace): PeerPlace {
  return {
    peer_read_seq: Math.max(one.peer_read_seq, other.peer_read_seq),
    peer_delivered_seq: Math.max(one.peer_delivered_seq, other.peer_delivered_seq),
  };
}

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
  private changed = new Set<string>();
  private acts: ReadonlyMap<string, readonly Act[]> = new Map();
  private overlaid = new Map<string, { row: ConversationView; acts: readonly Act[]; shown: ConversationView }>();
  private sortedRows: readonly ConversationView[] | null = [];
  private hiddenRows: readonly ConversationView[] = [];
  private readonly noted: Noted;

  constructor(private readonly me: () => string) {
    this.noted = new Noted(me);
  }

  get(id: string): ConversationView | undefined {
    return this.rows.get(id);
  }

  /** As `get`, with what acts that are not answered will make of it. */
  shown(id: string): ConversationView | undefined {
    const row = this.rows.get(id);
    const acts = this.acts.get(id);
    if (row === undefined || acts === undefined) return row;
    const before = this.overlaid.get(id);
    if (before?.row === row && before.acts === acts) return before.shown;
    const shown = pendingRow(row, acts);
    this.overlaid.set(id, { row, acts, shown });
    return shown;
  }

  /** Pinned ones first, then the newest; without those that are hidden. */
  get sorted(): readonly ConversationView[] {
    if (this.sortedRows !== null) return this.sortedRows;
    const all = [...this.rows.keys()].map((id) => this.shown(id) as ConversationView).sort(inOrder);
    this.hiddenRows = all.filter((row) => row.hidden && !isOnlyBegun(row));
    this.sortedRows = all.filter((row) => !row.hidden);
    return this.sortedRows;
  }

  /** Those left out of `sorted`, in the same order; without those that the other person has only begun. */
  get hidden(): readonly ConversationView[] {
    return this.sorted && this.hiddenRows;
  }

  /** In no order, as the server has them. */
  get all(): readonly ConversationView[] {
    return [...this.rows.values()];
  }

  /** Those that were put or changed since this was asked last. */
  takeChanged(): readonly ConversationView[] {
    const changed = [...this.changed].flatMap((id) => this.rows.get(id) ?? []);
    this.changed.clear();
    return changed;
  }

  /** Acts that are not answered, by conversation. */
  setActs(acts: ReadonlyMap<string, readonly Act[]>): void {
    if (acts === this.acts) return;
    this.acts = acts;
    this.sortedRows = null;
  }

  get uncertain(): readonly string[] {
    return [...this.doubtful];
  }

  clear(): void {
    this.rows.clear();
    this.doubtful.clear();
    this.changed.clear();
    this.overlaid.clear();
    this.noted.clear();
    this.sortedRows = this.hiddenRows = [];
  }

  /** A row as the server had it at some moment, maybe older than what is here. */
  merge(row: ConversationView): void {
    const here = this.rows.get(row.id);
    if (here === undefined || row.last_seq > here.last_seq) this.noted.begin(row.id, row.last_seq);
    if (here === undefined) return this.put(row);
    const newer = { ...(row.last_seq >= here.last_seq ? row : here), ...furthest(here, row) };
    const readSeq = Math.max(row.read_seq, here.read_seq);
    this.noted.read(row.id, readSeq);
    if (newer.read_seq === readSeq) {
      if (row.last_seq >= here.last_seq) this.sure(row.id);
      return this.put(newer);
    }
    this.put({ ...newer, read_seq: readSeq, unread: this.guess(newer, readSeq) });
    if (newer.last_seq > readSeq) this.doubtful.add(row.id);
  }

  /**
   * A new event. False when there is no row for it yet. `takenFrom`: who said the message that a
   * recall is about, where that is known here.
   */
  apply(event: Event, takenFrom?: string): boolean {
    const row = this.rows.get(event.conversation_id);
    if (row === undefined) return false;
    if (event.seq <= row.last_seq) return true;
    if (event.seq > row.last_seq + 1) {
      this.doubtful.add(row.id);
      this.noted.begin(row.id, event.seq - 1);
    }
    this.noted.note(row.id, [event], row.read_seq);
    const unread = counts(event, this.me()) && event.seq > row.read_seq;
    this.put({
      ...applyToRow(row, event, this.me()),
      unread: Math.min(MOST_UNREAD, row.unread + (unread ? 1 : 0)),
      mentioned_seq: unread && !isMentionedIn(row) && names(event, this.me()) ? event.seq : row.mentioned_seq,
    });
    if (event.kind === "recall") this.takeBack(event, takenFrom ?? event.sender);
    return true;
  }

  /**
   * One unread message less. It is not asked for: everybody who has not read it would ask at once,
   * and who said it is known, or is who took it back.
   */
  private takeBack(recall: Event, author: string): void {
    const row = this.rows.get(recall.conversation_id);
    const target = recall.target ?? 0;
    if (row === undefined || target <= row.read_seq) return;
    this.noted.drop(row.id, target);
    this.less(row, target, author !== this.me());
  }

  /** `seq` says nothing any more. */
  private less(row: ConversationView, seq: number, counted: boolean): void {
    // Of those that were not counted, this may be one.
    const unread = counted && row.unread < MOST_UNREAD ? Math.max(0, row.unread - 1) : row.unread;
    this.put({ ...row, unread, mentioned_seq: row.mentioned_seq === seq ? this.nextMention(row, seq) : row.mentioned_seq });
  }

  /** In doubt where it is not known. */
  private nextMention({ id, last_seq }: ConversationView, after: number): number {
    const next = after < last_seq ? this.noted.nextNamed(id, after) : 0;
    if (next === null) this.doubtful.add(id);
    return next ?? 0;
  }

  /** Messages as a page of the log has them: in what follows from them, for rows that are here. */
  note(id: string, events: readonly Event[]): void {
    const row = this.rows.get(id);
    if (row !== undefined) this.noted.note(id, events, row.read_seq);
  }

  /** What has expired by `now` is unread no more. */
  expire(now: number): void {
    for (const id of this.noted.expiring.ids) {
      for (const seq of this.noted.takeExpired(id, now)) {
        const row = this.rows.get(id);
        if (row !== undefined && seq > row.read_seq) this.less(row, seq, true);
      }
    }
  }

  /** When there is something for `expire` to do; Infinity: nothing that is known of. */
  get nextExpiry(): number {
    return this.noted.expiring.at;
  }

  /** What the person has made of it, on any device; hidden and marked as it says, read as far. */
  arrange(id: string, own: OwnConversation): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    const { pinned = false, notify = "all", hidden_seq = 0, unread_mark = false, read_seq = 0 } = own;
    // Other events may have come since it was hidden: what was hidden stays so until something is said.
    const hidden = hidden_seq > 0 && (row.hidden || hidden_seq >= row.last_seq);
    const same =
      row.pinned === pinned && row.notify === notify && row.hidden === hidden && row.unread_mark === unread_mark;
    if (!same) this.put({ ...row, pinned, notify, hidden, unread_mark });
    this.read(id, read_seq);
  }

  /** How far the other person of a direct conversation is; never moves back. */
  receive(receipt: Receipt): void {
    const row = this.rows.get(receipt.conversation_id);
    if (row === undefined) return;
    const { delivered_seq, read_seq } = receipt;
    const after = furthest(row, { peer_delivered_seq: delivered_seq, peer_read_seq: read_seq });
    if (after.peer_delivered_seq === row.peer_delivered_seq && after.peer_read_seq === row.peer_read_seq) return;
    this.put({ ...row, ...after });
  }

  /** Not this person's any more. */
  remove(id: string): void {
    this.rows.delete(id);
    this.doubtful.delete(id);
    this.noted.remove(id);
    this.sortedRows = null;
  }

  /**
   * The read position moved to `seq`, here or on another device; it never moves back. `past`: how
   * many unread messages are before it, null when nobody knows.
   */
  read(id: string, seq: number, past: number | null = null): void {
    const row = this.rows.get(id);
    if (row === undefined || seq <= row.read_seq) return;
    const certain = !this.doubtful.has(id);
    const mentioned_seq = isMentionedIn(row) && row.mentioned_seq <= seq ? this.nextMention(row, seq) : row.mentioned_seq;
    this.noted.read(id, seq);
    if (past !== null && seq < row.last_seq && certain && row.unread < MOST_UNREAD) {
      return this.put({ ...row, mentioned_seq, read_seq: seq, unread: this.guess({ ...row, unread: row.unread - past }, seq) });
    }
    this.put({ ...row, mentioned_seq, read_seq: seq, unread: this.guess(row, seq) });
    if (seq >= row.last_seq) this.doubtful.delete(id);
    else this.doubtful.add(id);
  }

  /** The exact count for the row as it is now, and the first unread message that names this person. */
  settle(id: string, unread: number, mentioned_seq: number): void {
    const row = this.rows.get(id);
    this.sure(id);
    const same = row?.unread === unread && row.mentioned_seq === mentioned_seq;
    if (row && !same) this.put({ ...row, unread: Math.min(MOST_UNREAD, unread), mentioned_seq });
  }

  /** It was counted just now: what has expired is not among them. */
  private sure(id: string): void {
    this.doubtful.delete(id);
    this.noted.takeExpired(id, Date.now());
  }

  private guess(row: ConversationView, readSeq: number): number {
    return Math.max(0, Math.min(row.unread, row.last_seq - readSeq));
  }

  private put(row: ConversationView): void {
    this.rows.set(row.id, row);
    this.changed.add(row.id);
    this.sortedRows = null;
  }
}

/** Nothing has happened between the two but that one of them has opened it. */
function isOnlyBegun({ kind, last_seq }: ConversationView): boolean {
  return kind === "direct" && last_seq <= 1;
}

function inOrder(one: ConversationView, other: ConversationView): number {
  const byPin = Number(other.pinned) - Number(one.pinned);
  return byPin || other.active_at - one.active_at || (one.id < other.id ? 1 : -1);
}
