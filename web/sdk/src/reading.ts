import type { Ask } from "./ask";
import type { ParlorError } from "./errors";

/**
 * Tells the server how far this person has read: one request at a time per conversation, the
 * furthest position wins, and what could not be said is said after the next hello.
 */
export class Reading {
  private wanted = new Map<string, number>();
  private telling = new Set<string>();

  constructor(
    private readonly ask: Ask,
    /** The server has this position now, maybe a later one than was told. */
    private readonly told: (id: string, readSeq: number) => void,
  ) {}

  set(id: string, seq: number): void {
    if (seq <= (this.wanted.get(id) ?? 0)) return;
    this.wanted.set(id, seq);
    void this.tell(id);
  }

  /** Not told yet. */
  pending(id: string): boolean {
    return this.wanted.has(id);
  }

  resume(): void {
    for (const id of this.wanted.keys()) void this.tell(id);
  }

  clear(): void {
    this.wanted.clear();
  }

  private async tell(id: string): Promise<void> {
    if (this.telling.has(id)) return;
    this.telling.add(id);
    try {
      for (;;) {
        const seq = this.wanted.get(id);
        if (seq === undefined) return;
        const { read_seq } = await this.ask("read.set", { conversation_id: id, seq });
        if (this.wanted.get(id) === seq) this.wanted.delete(id);
        this.told(id, read_seq);
      }
    } catch (thrown) {
      // What can be tried again waits for resume() or the next set().
      if (!(thrown as ParlorError).retry) this.wanted.delete(id);
    } finally {
      this.telling.delete(id);
    }
  }
}
