import type { Ask } from "./ask";
import type { ConversationView } from "./protocol";
import type { Rows } from "./rows";

/** Waits for stragglers before asking the server for a row that is in doubt. */
const DOUBT_MS = 500;

/** Asks the server for rows that are not here, or whose unread count is in doubt. */
export class Doubts {
  private readonly asked = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly rows: Rows,
    private readonly ask: Ask,
    private readonly online: () => boolean,
    /** A read position that the server does not know yet would bring the same doubt back. */
    private readonly isReading: (id: string) => boolean,
    private readonly rowsChanged: () => void,
  ) {}

  /** Ask for what stays in doubt. */
  mind(): void {
    if (this.rows.uncertain.length === 0) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      for (const id of this.rows.uncertain) if (!this.isReading(id)) this.fetch(id);
    }, DOUBT_MS);
  }

  fetch(id: string): void {
    if (this.asked.has(id) || !this.online()) return; // a hello asks what has changed anyway
    this.asked.add(id);
    this.ask("conversation.get", { conversation_id: id }).then(
      ({ conversation }) => {
        this.asked.delete(id);
        this.rows.merge(conversation);
        this.rowsChanged();
        this.believe(conversation);
      },
      () => this.asked.delete(id),
    );
  }

  /** There is a new link: what was asked over the last one may never be answered. */
  forgive(): void {
    this.asked.clear();
  }

  clear(): void {
    this.asked.clear();
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The server was asked and the row is still in doubt, as when it refused a read position. */
  private believe({ id, last_seq }: ConversationView): void {
    const row = this.rows.get(id);
    if (!row || !this.rows.uncertain.includes(id) || this.isReading(id)) return;
    if (last_seq < row.last_seq) return this.fetch(id); // more has happened since it was asked
    this.rows.settle(id, row.unread, row.mentioned_seq);
    this.rowsChanged();
  }
}
