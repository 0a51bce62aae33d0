/** Tells the server what this device has, so that senders see that it was delivered. */
import type { Ask } from "./ask";
import type { ConversationView } from "./protocol";

/** Said together for all conversations, and not for each event. */
const TELL_MS = 1_000;

export class Delivered {
  private readonly mine = new Map<string, number>();
  private readonly told = new Map<string, number>();
  private readonly without = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: Ask,
    private readonly online: () => boolean,
  ) {}

  /** This device has everything up to here. */
  have(rows: readonly ConversationView[]): void {
    for (const row of rows) this.mine.set(row.id, Math.max(this.mine.get(row.id) ?? 0, row.last_seq));
    if (this.news().length > 0) this.timer ??= setTimeout(() => void this.tell(), TELL_MS);
  }

  onHello(): void {
    this.without.clear();
    this.timer ??= setTimeout(() => void this.tell(), TELL_MS);
  }

  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const one of [this.mine, this.told, this.without]) one.clear();
  }

  private news(): [string, number][] {
    return [...this.mine].filter(([id, seq]) => seq > (this.told.get(id) ?? 0) && !this.without.has(id));
  }

  private async tell(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const news = this.news();
    if (news.length === 0 || !this.online()) return; // or after the next hello
    try {
      const { without } = await this.ask("delivered.set", { positions: Object.fromEntries(news) });
      for (const [id, seq] of news) this.told.set(id, seq);
      for (const id of without) this.without.add(id);
    } catch {
      // The next event or hello says it again.
    }
  }
}
