/** What is one person's own: how they arrange conversations, their settings, their stars. */
import { bodyOf, type Entries } from "./applying/pending_own";
import type { Ask } from "./ask";
import { mapped, type Readable } from "./observable";
import type { ConversationSet, Notify, StarsResult } from "./protocol";
import type { Queue } from "./queue";

/** A message among all conversations. */
export function starOf(conversationId: string, seq: number): string {
  return `${conversationId}:${seq}`;
}

/** Changed at once, here and in the other tabs; on all devices as soon as there is a link. */
export class Own {
  /** Parsed, by name. */
  readonly settings: Readable<ReadonlyMap<string, unknown>>;
  /** `starOf` each. */
  readonly stars: Readable<ReadonlySet<string>>;

  constructor(
    private readonly queue: Queue,
    private readonly ask: Ask,
    entries: Readable<Entries>,
  ) {
    this.settings = mapped(entries, settingsOf);
    this.stars = mapped(entries, starsOf);
  }

  pinConversation(conversation_id: string, pinned: boolean): void {
    this.arrange({ conversation_id, pinned });
  }

  /** Out of the list until something happens there. */
  hideConversation(conversation_id: string, hidden = true): void {
    this.arrange({ conversation_id, hidden });
  }

  /** To be shown as unread until something is read there. */
  markUnread(conversation_id: string, unread_mark = true): void {
    this.arrange({ conversation_id, unread_mark });
  }

  /** What is worth a sound and a notification. */
  notify(conversation_id: string, notify: Notify): void {
    this.arrange({ conversation_id, notify });
  }

  /** `value` is anything JSON can say; null takes it away. Names have a-z 0-9 _ . - */
  set(name: string, value: unknown): void {
    const text = value === null ? null : JSON.stringify(value);
    this.queue.add("setting.set", { name, value: text }, alone(`setting/${name}`));
  }

  star(conversation_id: string, seq: number, on = true): void {
    this.queue.add("star.set", { conversation_id, seq, on }, alone(`star/${starOf(conversation_id, seq)}`));
  }

  /** The starred messages themselves, the last starred first. Needs a link. */
  starred(cursor = ""): Promise<StarsResult> {
    return this.ask("star.list", { cursor });
  }

  private arrange(params: ConversationSet): void {
    this.queue.add("conversation.set", params, alone(`arrange/${params.conversation_id}`));
  }
}

/** Only the last word counts, and waits for nothing else. */
function alone(slot: string): { lane: string; slot: string } {
  return { lane: slot, slot };
}

function settingsOf(entries: Entries): ReadonlyMap<string, unknown> {
  const settings = new Map<string, unknown>();
  for (const [key, entry] of entries) if (entry.kind === "setting") settings.set(key.slice("s:".length), bodyOf(entry));
  return settings;
}

function starsOf(entries: Entries): ReadonlySet<string> {
  const stars = new Set<string>();
  for (const [key, entry] of entries) if (entry.kind === "star") stars.add(key.slice("m:".length));
  return stars;
}
