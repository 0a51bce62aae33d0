import type { Ask } from "./ask";
import { asParlorError } from "./errors";
import { Value } from "./observable";
import type { User } from "./protocol";

const BATCH = 100;
const FRESH_MS = 10 * 60_000;
const RETRY_MS = 2_000;

/** People by id, asked for in batches when somebody wants to show them. */
export class Users {
  readonly known = new Value<ReadonlyMap<string, User>>(new Map());
  private fetchedAt = new Map<string, number>();
  private wanted = new Set<string>();
  private asking = false;

  constructor(
    private readonly ask: Ask,
    /** These are new or have changed. */
    private readonly changed: (users: readonly User[]) => void,
  ) {}

  /** Undefined until it has been fetched; then `known` changes. */
  get(id: string): User | undefined {
    if (id && Date.now() - (this.fetchedAt.get(id) ?? 0) > FRESH_MS && !this.wanted.has(id)) {
      this.wanted.add(id);
      if (!this.asking) void this.fetch();
    }
    return this.known.get().get(id);
  }

  keep(users: readonly User[]): void {
    if (users.length === 0) return;
    const all = new Map(this.known.get());
    const news: User[] = [];
    for (const user of users) {
      this.fetchedAt.set(user.id, Date.now());
      const before = all.get(user.id);
      if (before && same(before, user)) continue;
      all.set(user.id, user);
      news.push(user);
    }
    if (news.length === 0) return;
    this.known.set(all);
    this.changed(news);
  }

  /** The link is there: fetch what could not be fetched. */
  resume(): void {
    if (!this.asking && this.wanted.size > 0) void this.fetch();
  }

  clear(): void {
    this.wanted.clear();
    this.fetchedAt.clear();
    this.known.set(new Map());
  }

  private async fetch(): Promise<void> {
    this.asking = true;
    try {
      await Promise.resolve(); // a list that renders asks for all its rows first
      while (this.wanted.size > 0) {
        const ids = [...this.wanted].slice(0, BATCH);
        const { users } = await this.ask("users.get", { ids });
        for (const id of ids) {
          this.wanted.delete(id);
          this.fetchedAt.set(id, Date.now()); // also for those that do not exist
        }
        this.keep(users);
      }
    } catch (thrown) {
      const { code, retry, retryAfterS } = asParlorError(thrown);
      if (!retry) this.wanted.clear();
      // Without a link resume() comes with the next hello.
      else if (code !== "offline") setTimeout(() => this.resume(), Math.max(RETRY_MS, retryAfterS * 1000));
    } finally {
      this.asking = false;
    }
  }
}

function same(one: User, other: User): boolean {
  return one.display_name === other.display_name && one.name === other.name && one.avatar === other.avatar;
}
