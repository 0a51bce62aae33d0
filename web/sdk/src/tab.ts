import { randomId, type Environment } from "./environment";

const KEPT_UNDER = "parlor.tab";
const LOCK = "parlor.tab.";
/** The page before a reload lets go of its lock within this time. */
const HANDOVER_MS = 400;

/**
 * What tells this tab from the others of this browser: the same after a reload, another one in a
 * duplicated tab (which is born with a copy of the session storage). Held as a Web Lock for as
 * long as the page lives, so that tabs know of each other.
 */
export class Tab {
  readonly id: Promise<string>;
  private readonly release = new AbortController();

  constructor(private readonly environment: Environment) {
    this.id = this.claim();
  }

  /** Ids of the tabs that live, this one included; null when there is no way to know. */
  async living(): Promise<ReadonlySet<string> | null> {
    await this.id;
    try {
      const held = (await this.environment.locks?.query())?.held;
      if (!held) return null;
      const names = held.map((lock) => lock.name ?? "").filter((name) => name.startsWith(LOCK));
      return new Set(names.map((name) => name.slice(LOCK.length)));
    } catch {
      return null;
    }
  }

  close(): void {
    this.release.abort();
  }

  private async claim(): Promise<string> {
    const { tabShelf } = this.environment;
    const kept = tabShelf.getItem(KEPT_UNDER);
    if (kept && (await this.hold(kept))) return kept;
    const made = randomId().replaceAll("-", "").slice(0, 16);
    tabShelf.setItem(KEPT_UNDER, made);
    await this.hold(made);
    return made;
  }

  /** False when another tab has it. */
  private hold(id: string): Promise<boolean> {
    const { locks } = this.environment;
    if (!locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), HANDOVER_MS);
      const held = (): Promise<void> => {
        clearTimeout(timer);
        resolve(true);
        return new Promise((done) => this.release.signal.addEventListener("abort", () => done()));
      };
      locks.request(LOCK + id, { signal: patience.signal }, held).catch(() => resolve(false));
    });
  }
}
