import type { Ask } from "./ask";
import { asParlorError, type ParlorError } from "./errors";
import { Value, type Readable } from "./observable";
import type { ConversationView, SyncChanges, SyncResult } from "./protocol";
import type { Rows } from "./rows";

export interface ConversationsView {
  /** Pinned ones first, then the newest. */
  rows: readonly ConversationView[];
  /** Taken out of the list until something happens there; for searching. */
  hidden: readonly ConversationView[];
  /** Over the rows that are here. */
  unread: number;
  status: "empty" | "loading" | "ready" | "failed";
  /** There are older rows on the server. */
  more: boolean;
  loadingMore: boolean;
  error: ParlorError | null;
}

/** What the list needs of whoever keeps events and one's own things. */
export interface Applying {
  /** How far each conversation that is here has been applied, and the self log. */
  have(): Pick<SyncChanges, "have" | "self_seq">;
  /** Everything on a page, before the next is asked for. */
  take(page: SyncResult): Promise<void>;
}

/** After so many pages of news, the rest comes when it is scrolled to. */
const MOST_PAGES = 20;
/** A conversation that much behind is loaded when it is opened. */
const WORTH_CATCHING_UP = 400;
const RETRY_MS = 2_000;
const RETRY_AT_MOST_MS = 30_000;

/**
 * The conversation list, and catching up with all conversations at once: the newest of them at
 * the first hello, what changed since at each later one, older ones when wanted.
 */
export class ConversationList {
  private readonly shown = new Value<ConversationsView>({
    rows: [],
    hidden: [],
    unread: 0,
    status: "empty",
    more: false,
    loadingMore: false,
    error: null,
  });
  /** Where older ones follow; null before the first page, empty when there are none. */
  private cursor: string | null = null;
  private sweep = 0;
  private loading: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly rows: Rows,
    private readonly ask: Ask,
    private readonly applying: Applying,
  ) {}

  get view(): Readable<ConversationsView> {
    return this.shown;
  }

  /** Where the list goes on; to be given to `begin` at the next visit. */
  get older(): string | null {
    return this.cursor;
  }

  show(change: Partial<ConversationsView> = {}): void {
    const before = this.shown.get();
    const rows = this.rows.sorted;
    const unread = rows === before.rows ? before.unread : rows.reduce((sum, row) => sum + row.unread, 0);
    const { hidden } = this.rows;
    const after = { ...before, ...change, rows, hidden, unread, more: !!this.cursor };
    const keys = Object.keys(after) as (keyof ConversationsView)[];
    if (keys.some((key) => after[key] !== before[key])) this.shown.set(after);
  }

  /** The rows are there from an earlier visit. */
  begin(older: string): void {
    this.cursor = older;
    this.show({ status: "ready" });
  }

  clear(): void {
    this.sweep += 1;
    this.cursor = null;
    clearTimeout(this.timer);
    this.show({ status: "empty", error: null, loadingMore: false });
  }

  /** Ask what happened since, and apply it page by page: what breaks off goes on from there. */
  async catchUp(failures = 0): Promise<void> {
    clearTimeout(this.timer);
    const sweep = ++this.sweep;
    if (this.shown.get().status !== "ready") this.show({ status: "loading", error: null });
    try {
      if (this.cursor === null) await this.first(sweep);
      else await this.since(sweep);
      if (sweep === this.sweep) this.show({ status: "ready", error: null });
    } catch (thrown) {
      if (sweep === this.sweep) this.failed(asParlorError(thrown), failures + 1);
    }
  }

  /** Never rejects: what went wrong is in the view, and calling again tries again. */
  loadMore(): Promise<void> {
    const { cursor } = this;
    if (!cursor) return Promise.resolve();
    this.loading ??= this.fetchMore(cursor)
      .then(
        () => this.show({ error: null }),
        (thrown: unknown) => this.show({ error: asParlorError(thrown) }),
      )
      .finally(() => {
        this.loading = null;
        this.show({ loadingMore: false });
      });
    this.show({ loadingMore: true });
    return this.loading;
  }

  private async fetchMore(cursor: string): Promise<void> {
    const { self_seq } = this.applying.have();
    const page = await this.ask("sync.changes", { have: {}, self_seq, cursor });
    if (this.cursor !== cursor) return; // cleared meanwhile
    this.cursor = page.cursor;
    await this.applying.take(page);
  }

  private async first(sweep: number): Promise<void> {
    const { self_seq } = this.applying.have();
    const page = await this.ask("sync.changes", { have: {}, self_seq });
    if (sweep !== this.sweep) return;
    this.cursor = page.cursor;
    await this.applying.take(page);
  }

  private async since(sweep: number): Promise<void> {
    const have = { ...this.applying.have().have };
    const oldest = Math.min(...this.rows.all.map((row) => row.active_at));
    let cursor = "";
    let unfinished = false;
    for (let pages = 1; pages <= MOST_PAGES; pages += 1) {
      const { self_seq } = this.applying.have();
      const page = await this.ask("sync.changes", { have: { ...have }, self_seq, cursor });
      if (sweep !== this.sweep) return;
      await this.applying.take(page);
      if (sweep !== this.sweep) return;
      for (const { conversation, upto, more } of page.changes) {
        const worth = more && conversation.last_seq - upto <= WORTH_CATCHING_UP;
        have[conversation.id] = worth ? upto : conversation.last_seq;
        unfinished ||= worth;
      }
      cursor = page.cursor;
      const last = page.changes[page.changes.length - 1];
      // Further down are those that were never here: they come when they are scrolled to.
      if (this.cursor && last && last.conversation.active_at < oldest) cursor = "";
      if (cursor !== "") continue;
      if (!unfinished) return;
      unfinished = false;
    }
    if (cursor !== "") this.cursor = cursor;
  }

  private failed(error: ParlorError, failures: number): void {
    if (error.code === "offline") return; // the next hello comes here again
    if (this.cursor === null) this.show({ status: "failed", error });
    if (!error.retry) return;
    const waitMs = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** (failures - 1));
    this.timer = setTimeout(() => void this.catchUp(failures), Math.max(waitMs, error.retryAfterS * 1000));
  }
}
