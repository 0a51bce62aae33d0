import type { Ask } from "./ask";
import { asParlorError, type ParlorError } from "./errors";
import { Value, type Readable } from "./observable";
import type { ConversationView } from "./protocol";
import type { Rows } from "./rows";

export interface ConversationsView {
  /** Newest first. */
  rows: readonly ConversationView[];
  /** Over the rows that are here. */
  unread: number;
  status: "empty" | "loading" | "ready" | "failed";
  /** There are older rows on the server. */
  more: boolean;
  loadingMore: boolean;
  error: ParlorError | null;
}

const PAGE = 50;
/** After so many pages of news, the rest comes when it is scrolled to. */
const MOST_PAGES = 10;
const RETRY_MS = 2_000;
const RETRY_AT_MOST_MS = 30_000;

/** The pages of the conversation list: the first ones at each hello, older ones when wanted. */
export class ConversationList {
  private readonly shown = new Value<ConversationsView>({
    rows: [],
    unread: 0,
    status: "empty",
    more: false,
    loadingMore: false,
    error: null,
  });
  /** Of the oldest page that is here; null before the first page. */
  private cursor: string | null = null;
  private sweep = 0;
  private loading: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly rows: Rows,
    private readonly ask: Ask,
    /** Rows changed, or may have. */
    private readonly changed: () => void,
  ) {}

  get view(): Readable<ConversationsView> {
    return this.shown;
  }

  show(change: Partial<ConversationsView> = {}): void {
    const before = this.shown.get();
    const rows = this.rows.sorted;
    const unread = rows === before.rows ? before.unread : rows.reduce((sum, row) => sum + row.unread, 0);
    const after = { ...before, ...change, rows, unread, more: !!this.cursor };
    const keys = Object.keys(after) as (keyof ConversationsView)[];
    if (keys.some((key) => after[key] !== before[key])) this.shown.set(after);
  }

  clear(): void {
    this.sweep += 1;
    this.cursor = null;
    clearTimeout(this.timer);
    this.show({ status: "empty", error: null, loadingMore: false });
  }

  /**
   * Page from the newest until a page says nothing new and every row that showed as unread was
   * seen again (it may have been read elsewhere).
   */
  async catchUp(failures = 0): Promise<void> {
    clearTimeout(this.timer);
    const sweep = ++this.sweep;
    if (this.shown.get().status !== "ready") this.show({ status: "loading", error: null });
    const unseen = new Set(this.rows.sorted.filter((row) => row.unread > 0).map((row) => row.id));
    const first = this.cursor === null;
    try {
      let cursor = "";
      for (let pages = 1; ; pages += 1) {
        const page = await this.ask("conversation.list", { cursor, limit: PAGE });
        if (sweep !== this.sweep) return;
        const news = page.conversations.some((row) => !this.rows.knows(row));
        for (const row of page.conversations) {
          this.rows.merge(row);
          unseen.delete(row.id);
        }
        cursor = page.cursor;
        if (first || cursor === "" || pages === MOST_PAGES) this.cursor = cursor;
        this.changed();
        this.show({ status: "ready", error: null });
        if (first || cursor === "" || pages === MOST_PAGES || (!news && unseen.size === 0)) return;
      }
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
    const page = await this.ask("conversation.list", { cursor, limit: PAGE });
    if (this.cursor !== cursor) return; // cleared meanwhile
    for (const row of page.conversations) this.rows.merge(row);
    this.cursor = page.cursor;
    this.changed();
  }

  private failed(error: ParlorError, failures: number): void {
    if (error.code === "offline") return; // the next hello comes here again
    if (this.cursor === null) this.show({ status: "failed", error });
    if (!error.retry) return;
    const waitMs = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** (failures - 1));
    this.timer = setTimeout(() => void this.catchUp(failures), Math.max(waitMs, error.retryAfterS * 1000));
  }
}
