/** What somebody began to write, per conversation: the same in every tab and on every device. */
import { bodyOf, type Entries } from "./applying/pending_own";
import { Value, type Readable } from "./observable";
import type { SelfEntry } from "./protocol";
import type { Queue } from "./queue";

/** What the self log's entry about a draft says of it. */
export interface Draft {
  text: string;
  reply_to: number;
}

/** Typed here and not written yet; `seen` is the number of the entry that was known when it began. */
interface Typed extends Draft {
  seen: number;
}

/** How often what is being typed is stored and told: a page that crashes loses no more. */
const WRITE_MS = 1_000;

export class Drafts {
  private readonly shown = new Value<ReadonlyMap<string, string>>(new Map());
  private unwritten = new Map<string, Typed>();
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
    const { text, reply_to } = this.unwritten.get(conversationId) ?? this.written(conversationId);
    return { text, reply_to };
  }

  /** An empty text, with nothing that it answers, forgets the draft. */
  set(conversationId: string, text: string, replyTo = 0): void {
    if (same({ text, reply_to: replyTo }, this.draft(conversationId))) return;
    const seen = this.unwritten.get(conversationId)?.seen ?? this.entry(conversationId)?.seq ?? 0;
    this.unwritten.set(conversationId, { text, reply_to: replyTo, seen });
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
    for (const [conversation_id, typed] of written) {
      // Written and sent within a moment: nobody has heard of it, and nothing is to be taken back.
      if (same(typed, this.written(conversation_id))) continue;
      const { text, reply_to, seen } = typed;
      const slot = `draft/${conversation_id}`;
      const forgets = text === "" && reply_to === 0;
      // By the time this is sent, another device may have written something else there.
      this.queue.add("draft.set", { conversation_id, text, reply_to, seen: forgets ? seen : null }, { lane: slot, slot });
    }
    this.show();
  }

  private written(conversationId: string): Draft {
    const { text = "", reply_to = 0 } = bodyOf<Partial<Draft>>(this.entry(conversationId)) ?? {};
    return { text, reply_to };
  }

  private entry(conversationId: string): SelfEntry | undefined {
    return this.entries.get().get(`d:${conversationId}`);
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

function same(one: Draft, other: Draft): boolean {
  return one.text === other.text && one.reply_to === other.reply_to;
}
