/**
 * What a chat room's page holds of what was said, and shows: the newest, so many and no more.
 *
 * Lines are added as they come and shown at the next `turn`, all that came since in one step. While
 * somebody reads further up nothing is taken away above: what finds no place waits.
 */

/** Lines that are shown at most; as many may wait. Moving more of them costs a phone more than a frame. */
export const MOST_LINES = 200;

export interface SaidLine {
  readonly kind: "said";
  readonly key: string;
  /** The user who said it; empty for a program. */
  readonly sender: string;
  readonly text: string;
  readonly high: boolean;
}

/** Something was said in between that is not to be had any more. */
export interface GapLine {
  readonly kind: "gap";
  readonly key: string;
}

export type RoomLine = SaidLine | GapLine;

export class RoomLines {
  private readonly waiting: RoomLine[] = [];
  private last: RoomLine | null = null;
  private gaps = 0;
  /** Replaced by every turn that changes it. */
  shown: readonly RoomLine[] = [];
  /** Messages that came since the end was last in sight. */
  fresh = 0;

  constructor(private readonly most = MOST_LINES) {}

  said(line: Omit<SaidLine, "kind">): void {
    this.fresh++;
    this.add({ kind: "said", ...line });
  }

  /** Two gaps with nothing between them are one. */
  gap(): void {
    if (this.last?.kind !== "gap") this.add({ kind: "gap", key: `gap ${++this.gaps}` });
  }

  /** Show what has come. `atEnd`: the newest line is in sight, and is to stay there. */
  turn(atEnd: boolean): void {
    if (atEnd) this.fresh = 0;
    const place = atEnd ? this.waiting.length : Math.max(0, this.most - this.shown.length);
    const coming = this.waiting.splice(0, place);
    if (coming.length > 0) this.shown = [...this.shown, ...coming].slice(-this.most);
  }

  private add(line: RoomLine): void {
    this.last = line;
    this.waiting.push(line);
    if (this.waiting.length > this.most) this.waiting.shift();
  }
}
