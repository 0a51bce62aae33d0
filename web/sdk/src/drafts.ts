/** What somebody began to write, per conversation: the same in every tab and on every device. */
import { bodyOf, type Entries } from "./applying/pending_own";
import { Value, type Readable } from "./observable";
import type { Queue } from "./queue";

/** The body of the self log's entry about a draft. */
export interface Draft {
  text: string;
  reply_to?: number;
}

/** How often what is being typed is stored and told: a page that crashes loses no more. */
const WRITE_MS = 1_000;
const EMPTY: Draft = { text: "", reply_to: 0 };

export class Drafts {
  private readonly shown = new Value<ReadonlyMap<string, string>>(new Map());
  private unwritten = new Map<string, Draft>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly entries: Readable<Entries>,
    page: EventTarget | null,
  ) {
    page?.addEventListener("pagehide", () => this.write());
    page?.addEventListener("visibilitychange", () => this.write());
    entries.subscribe(() => this.show());
  }

  /** Texts by conversation. */
  get all(): Readable<ReadonlyMap<string, string>> {
    return this.shown;
  }

  get(conversationId: string): string {
    return this.draft(conversationId).text;
  }

  /** With the message that it answers. */
  draft(conversationId: string): Draft {
    const typed = this.unwritten.get(conversationId);
    return typed ?? bodyOf<Draft>(this.entries.get().get(`d:${conversationId}`)) ?? EMPTY;
  }

  /** An empty text, with nothing that it answers, forgets the draft. */
  set(conversationId: string, text: string, replyTo = 0): void {
    const before = this.draft(conversationId);
    if (text === before.text && replyTo === (before.reply_to ?? 0)) return;
    this.unwritten.set(conversationId, { text, reply_to: replyTo });
    this.show();
    this.timer ??= setTimeout(() => this.write(), WRITE_MS);
  }

  // What follows is called by the client that owns the drafts, not by apps.

  /** `keep`: what was typed last is still stored, for when this person comes back. */
  end(keep: boolean): void {
    if (keep) this.write();
    clearTimeout(this.timer);
    this.timer = undefined;
    this.unwritten.clear();
    this.show();
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const written = [...this.unwritten];
    this.unwritten.clear();
    for (const [conversation_id, { text, reply_to }] of written) {
      const slot = `draft/${conversation_id}`;
      this.queue.add("draft.set", { conversation_id, text, reply_to }, { lane: slot, slot });
    }
  }

  private show(): void {
    const all = new Map<string, string>();
    for (const [key, entry] of this.entries.get()) {
      if (entry.kind !== "draft") continue;
      const text = bodyOf<Draft>(entry)?.text;
      if (text) all.set(key.slice("d:".length), text);
    }
    for (const [id, { text }] of this.unwritten) {
      if (text) all.set(id, text);
      else all.delete(id);
    }
    const before = this.shown.get();
    if (before.size === all.size && [...all].every(([id, text]) => before.get(id) === text)) return;
    this.shown.set(all);
  }
}
