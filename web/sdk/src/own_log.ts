import type { Act } from "./act";
import { pendingEntries, touchesOwn, type Entries } from "./applying/pending_own";
import type { Ask } from "./ask";
import { Value, type Readable } from "./observable";
import type { SelfEntry, SelfResult } from "./protocol";

/** Pushes may overtake each other by this much before the log is asked for. */
const GAP_MS = 250;

/** What somebody wants to know of the log, in order. */
export interface OwnListener {
  /** Newer values of their keys; kept together with how far the log is. */
  took(entries: readonly SelfEntry[], seq: number): void;
  /** Everything that was kept is to be forgotten. */
  reset(): void;
}

/**
 * One person's own: one entry per thing, the same on all devices. The newest value of a key wins,
 * whatever order they come in; what acts that are not answered will change is shown already.
 */
export class OwnLog {
  private entries = new Map<string, SelfEntry>();
  private seq = 0;
  private acts: readonly Act[] = [];
  private readonly shown = new Value<Entries>(new Map());
  private timer: ReturnType<typeof setTimeout> | undefined;
  private fetching: Promise<void> | null = null;

  constructor(
    private readonly ask: Ask,
    private readonly listener: OwnListener,
  ) {}

  /** By key: `d:CONVERSATION`, `s:NAME` … One that is gone is not there. */
  get all(): Readable<Entries> {
    return this.shown;
  }

  /** All up to this number has been applied. */
  get lastSeq(): number {
    return this.seq;
  }

  /** What was kept from earlier visits. */
  begin(entries: readonly SelfEntry[], seq: number): void {
    this.entries = new Map(entries.map((entry) => [entry.key, entry]));
    this.seq = seq;
    this.show();
  }

  clear(): void {
    clearTimeout(this.timer);
    this.begin([], 0);
  }

  setActs(all: readonly Act[]): void {
    const acts = all.filter(touchesOwn);
    if (acts.length === this.acts.length && acts.every((act, at) => act === this.acts[at])) return;
    this.acts = acts;
    this.show();
  }

  /** From a push or an answer. When it does not follow what is here, the log is asked for. */
  hear(entry: SelfEntry): void {
    if (entry.seq === this.seq + 1) this.seq = entry.seq;
    this.take([entry]);
    if (entry.seq <= this.seq) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.catchUp().catch(() => undefined), GAP_MS); // or after the next hello
  }

  /** A page of the log, asked for after `lastSeq`; fetches those that follow. */
  async takePage(page: SelfResult): Promise<void> {
    const after = this.seq;
    this.takeOne(page);
    let { cursor } = page;
    while (cursor !== "") {
      const next = await this.ask("self.list", { after, cursor });
      this.takeOne(next);
      cursor = next.cursor;
    }
  }

  private catchUp(): Promise<void> {
    this.fetching ??= this.ask("self.list", { after: this.seq })
      .then((page) => this.takePage(page))
      .finally(() => {
        this.fetching = null;
      });
    return this.fetching;
  }

  private takeOne(page: SelfResult): void {
    if (page.reset) {
      this.entries.clear();
      this.seq = 0;
      this.listener.reset();
    }
    if (page.cursor === "") this.seq = page.reset ? page.last_seq : Math.max(this.seq, page.last_seq);
    this.take(page.entries);
  }

  private take(entries: readonly SelfEntry[]): void {
    const news = entries.filter((entry) => entry.seq > (this.entries.get(entry.key)?.seq ?? 0));
    for (const entry of news) this.entries.set(entry.key, entry);
    this.listener.took(news, this.seq);
    if (news.length > 0) this.show();
  }

  private show(): void {
    const all = pendingEntries(this.entries, this.acts);
    this.shown.set(new Map([...all].filter(([, entry]) => entry.body !== null)));
  }
}
