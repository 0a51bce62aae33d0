/**
 * What one person has seen of the server, kept in this browser for the next page and for when
 * there is no network: rows, events with their states, the self log, people, and the cursors.
 *
 * A cache: what is missing here is asked for. It is bounded; of the conversations that were quiet
 * for the longest, the events go first. Any tab may write: an older record never replaces a newer.
 */
import { withoutContent } from "./applying/to_state";
import type { Change, Database, StoreName } from "./database";
import type { ConversationView, Event, MessageState, SelfEntry, User } from "./protocol";

export interface KeepLimits {
  /** The newest events of each conversation. */
  eventsEach: number;
  /** Events in all. */
  eventsInAll: number;
  conversations: number;
  people: number;
}

export const KEEP: KeepLimits = { eventsEach: 300, eventsInAll: 20_000, conversations: 2_000, people: 5_000 };

/** `selfSeq` is how far the self log has been applied; `older` where the list goes on, null: not begun. */
export interface Mark {
  epoch: string;
  selfSeq: number;
  older: string | null;
}

export interface Kept extends Mark {
  rows: readonly ConversationView[];
  entries: readonly SelfEntry[];
  users: readonly User[];
}

/** An event and how it stands, null when nothing has happened to it. */
export interface KeptEvent {
  event: Event;
  state: MessageState | null;
}

interface Keyed {
  key: string;
}
type RowRecord = Keyed & { row: ConversationView };
type EventRecord = Keyed & KeptEvent;
type EntryRecord = Keyed & { entry: SelfEntry };
type UserRecord = Keyed & { user: User };
type MarkRecord = Keyed & Mark;

const WRITE_MS = 100;
const SEQ_DIGITS = 16;
const CONTENT = ["rows", "events", "entries", "users", "marks"] as const;
/** How far a limit is passed before anything is looked at: trimming reads. */
const SLACK = 1.25;

export class LocalStore {
  private user = "";
  private pending: Change[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private written = new Map<string, number>();
  private sinceTrim = 0;
  private trimming: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly limits: KeepLimits,
    page: EventTarget | null,
  ) {
    page?.addEventListener("pagehide", () => void this.flush());
    page?.addEventListener("visibilitychange", () => void this.flush());
  }

  /** What earlier visits of `user` left; events come with `events`. */
  async begin(user: string): Promise<Kept> {
    this.end();
    this.user = user;
    this.sinceTrim = Infinity; // what earlier visits left was not counted
    const { database } = this;
    const prefix = `${user}/`;
    const [marks, rows, entries, users] = await Promise.all([
      database.read<MarkRecord>("marks", { prefix }),
      database.read<RowRecord>("rows", { prefix }),
      database.read<EntryRecord>("entries", { prefix }),
      database.read<UserRecord>("users", { prefix }),
    ]);
    const mark = marks[0] ?? { epoch: "", selfSeq: 0, older: null };
    return {
      epoch: mark.epoch,
      selfSeq: mark.selfSeq,
      older: mark.older,
      rows: rows.map((record) => record.row),
      entries: entries.map((record) => record.entry),
      users: users.map((record) => record.user),
    };
  }

  /** The newest events of a conversation that are here without a hole, ascending. */
  async events(conversation: string): Promise<readonly KeptEvent[]> {
    await this.write();
    const prefix = this.key(conversation, "");
    const kept = await this.database.read<EventRecord>("events", { prefix, limit: this.limits.eventsEach });
    let from = kept.length - 1;
    while (from > 0 && kept[from - 1]?.event.seq === (kept[from]?.event.seq ?? 0) - 1) from -= 1;
    return kept.slice(Math.max(0, from));
  }

  keepRows(rows: readonly ConversationView[]): void {
    for (const row of rows) {
      const put: RowRecord = { key: this.key(row.id), row };
      const older = (there: ConversationView): boolean =>
        there.last_seq > row.last_seq || (there.last_seq === row.last_seq && there.read_seq > row.read_seq);
      this.make("rows", put.key, (there?: RowRecord) => (there && older(there.row) ? null : put));
    }
  }

  keepEvents(conversation: string, events: readonly KeptEvent[]): void {
    for (const { event, state } of events) {
      const key = this.key(conversation, pad(event.seq));
      this.make("events", key, (there?: EventRecord) => {
        const older = (there?.state?.changed_seq ?? 0) > (state?.changed_seq ?? 0);
        return { key, event, state: older ? (there?.state ?? null) : state };
      });
      // Nobody is to read it any more, here neither.
      if (event.kind === "recall") this.dropContent(conversation, event.target ?? 0);
    }
    this.written.set(conversation, (this.written.get(conversation) ?? 0) + events.length);
  }

  /** Not this person's to see any more, or to be loaded anew. */
  dropEvents(conversation: string): void {
    this.change({ store: "events", deleteAll: this.key(conversation, "") });
  }

  dropConversation(conversation: string): void {
    this.dropEvents(conversation);
    this.change({ store: "rows", delete: this.key(conversation) });
  }

  /** Entries and how far the log is with them, so that the cursor is never ahead of the content. */
  keepOwn(entries: readonly SelfEntry[], mark: Mark): void {
    for (const entry of entries) {
      const put: EntryRecord = { key: this.key(entry.key), entry };
      this.make("entries", put.key, (there?: EntryRecord) => (there && there.entry.seq > entry.seq ? null : put));
    }
    const put: MarkRecord = { key: this.key(""), ...mark };
    const newer = (there?: MarkRecord): boolean => there?.epoch === mark.epoch && there.selfSeq > mark.selfSeq;
    this.make("marks", put.key, (there?: MarkRecord) => (newer(there) ? null : put));
  }

  /** The self log begins anew. */
  dropOwn(): void {
    this.change({ store: "entries", deleteAll: `${this.user}/` });
    this.change({ store: "marks", deleteAll: `${this.user}/` });
  }

  keepUsers(users: readonly User[]): void {
    for (const user of users) this.change({ store: "users", put: { key: this.key(user.id), user } satisfies UserRecord });
  }

  /** The server began anew: none of what is here means anything. */
  clear(): void {
    for (const store of CONTENT) this.change({ store, deleteAll: `${this.user}/` });
  }

  /** What waits to be written is not: whoever it is about may be signing out in another tab. */
  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.pending = [];
    this.user = "";
    this.written.clear();
  }

  async forget(user: string): Promise<void> {
    this.end();
    await this.database.write(CONTENT.map((store) => ({ store, deleteAll: `${user}/` })));
  }

  /** Write what waits, and trim what that has made too long. */
  async flush(): Promise<void> {
    await this.write();
    this.trimming = this.trimming.then(() => this.trim());
    await this.trimming;
  }

  private async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const changes = this.pending;
    this.pending = [];
    await this.database.write(changes);
  }

  private dropContent(conversation: string, seq: number): void {
    const key = this.key(conversation, pad(seq));
    this.make("events", key, (there?: EventRecord) =>
      there === undefined ? null : { ...there, event: withoutContent(there.event) },
    );
  }

  private make<R extends Keyed>(store: StoreName, key: string, make: (there?: R) => R | null): void {
    this.change({ store, key, make });
  }

  private change(change: Change): void {
    if (this.user === "") return;
    this.pending.push(change);
    this.timer ??= setTimeout(() => void this.flush(), WRITE_MS);
  }

  private async trim(): Promise<void> {
    const { eventsEach, eventsInAll } = this.limits;
    for (const [conversation, count] of [...this.written]) {
      this.sinceTrim += count;
      this.written.delete(conversation);
      await this.trimOne(conversation, eventsEach);
    }
    if (this.user === "" || this.sinceTrim < eventsInAll * (SLACK - 1)) return;
    this.sinceTrim = 0;
    await this.trimAll(`${this.user}/`);
  }

  private async trimOne(conversation: string, most: number): Promise<void> {
    const prefix = this.key(conversation, "");
    if ((await this.database.count("events", prefix)) <= most * SLACK) return;
    const all = await this.database.read<EventRecord>("events", { prefix });
    const gone = all.slice(0, Math.max(0, all.length - most));
    await this.database.write(gone.map(({ key }) => ({ store: "events", delete: key })));
  }

  private async trimAll(prefix: string): Promise<void> {
    const { database, limits } = this;
    const people = await database.count("users", prefix);
    // They come back as they are shown again.
    if (people > limits.people) await database.write([{ store: "users", deleteAll: prefix }]);
    let events = await database.count("events", prefix);
    let conversations = await database.count("rows", prefix);
    if (events <= limits.eventsInAll && conversations <= limits.conversations) return;
    const rows = await database.read<RowRecord>("rows", { prefix });
    rows.sort((one, other) => one.row.active_at - other.row.active_at);
    for (const { key, row } of rows) {
      if (events <= limits.eventsInAll && conversations <= limits.conversations) return;
      const its = `${prefix}${row.id}/`;
      events -= await database.count("events", its);
      const changes: Change[] = [{ store: "events", deleteAll: its }];
      if (conversations > limits.conversations) {
        changes.push({ store: "rows", delete: key });
        conversations -= 1;
      }
      await database.write(changes);
    }
  }

  private key(...names: string[]): string {
    return [this.user, ...names].join("/");
  }
}

/** So that the order of keys is the order of numbers. */
function pad(seq: number): string {
  return String(seq).padStart(SEQ_DIGITS, "0");
}
