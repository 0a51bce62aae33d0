import type { Table } from "./database";
import { Value, type Readable } from "./observable";

export interface KeptDraft {
  key: string;
  user: string;
  conversation: string;
  text: string;
}

const WRITE_MS = 300;

/** What somebody began to write, per conversation; survives reloads. */
export class Drafts {
  private readonly shown = new Value<ReadonlyMap<string, string>>(new Map());
  private unwritten = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private user = "";
  private loaded: Promise<void> = Promise.resolve();

  constructor(
    private readonly table: Table<KeptDraft>,
    page: EventTarget | null,
  ) {
    page?.addEventListener("pagehide", () => this.write());
    page?.addEventListener("visibilitychange", () => this.write());
  }

  /** Resolves when the drafts of earlier visits are there. */
  get ready(): Promise<void> {
    return this.loaded;
  }

  get all(): Readable<ReadonlyMap<string, string>> {
    return this.shown;
  }

  get(conversationId: string): string {
    return this.shown.get().get(conversationId) ?? "";
  }

  /** An empty text forgets the draft. */
  set(conversationId: string, text: string): void {
    if (text === this.get(conversationId)) return;
    const all = new Map(this.shown.get());
    if (text) all.set(conversationId, text);
    else all.delete(conversationId);
    this.shown.set(all);
    this.unwritten.add(conversationId);
    this.timer ??= setTimeout(() => this.write(), WRITE_MS);
  }

  // What follows is called by the client that owns the drafts, not by apps.

  begin(user: string): Promise<void> {
    this.end();
    this.user = user;
    this.loaded = this.load(user);
    return this.loaded;
  }

  end(): void {
    this.write();
    this.user = "";
    this.shown.set(new Map());
  }

  async forget(user: string): Promise<void> {
    this.end();
    for (const kept of await this.table.all()) if (kept.user === user) this.table.delete(kept.key);
  }

  private async load(user: string): Promise<void> {
    const kept = (await this.table.all()).filter((draft) => draft.user === user);
    if (this.user !== user) return;
    const earlier = kept.map((draft) => [draft.conversation, draft.text] as const);
    const typed = [...this.shown.get()]; // while the table was being read
    this.shown.set(new Map([...earlier, ...typed]));
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const conversation of this.unwritten) {
      const key = `${this.user}/${conversation}`;
      const text = this.get(conversation);
      if (text) this.table.put({ key, user: this.user, conversation, text });
      else this.table.delete(key);
    }
    this.unwritten.clear();
  }
}
