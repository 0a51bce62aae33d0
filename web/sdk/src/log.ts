import type { Event } from "./protocol";

/** How many messages, and the first of them that names the person; 0: none does. */
export interface Unread {
  count: number;
  named: number;
}

const NOTHING_UNREAD: Unread = { count: 0, named: 0 };

/**
 * The part of one conversation's log that is here: a window without holes, and what arrived
 * ahead of its turn.
 *
 * Events may come in any order, more than once, from pushes, replies and pages: the window that
 * results is always the same. Nothing is shown before a page has said where the window begins.
 */
export class EventLog {
  private window: readonly Event[] = [];
  private apart = new Map<number, Event>();
  private begun = false;
  private heardOf = 0;

  /** Ascending, dense in seq. A new array after each change. */
  get events(): readonly Event[] {
    return this.window;
  }

  get firstSeq(): number {
    return this.window[0]?.seq ?? 0;
  }

  get lastSeq(): number {
    return this.window[this.window.length - 1]?.seq ?? 0;
  }

  /** The highest seq that exists, as far as anybody told. */
  get knownLast(): number {
    return this.heardOf;
  }

  get hasBegun(): boolean {
    return this.begun;
  }

  /** How many events after the window exist, or may. */
  get behind(): number {
    return Math.max(0, this.heardOf - this.lastSeq);
  }

  /** Those waiting for their turn, ascending. */
  get ahead(): readonly Event[] {
    return [...this.apart.values()].filter((event) => event.seq > this.lastSeq).sort(bySeq);
  }

  at(seq: number): Event | undefined {
    return this.window[seq - this.firstSeq];
  }

  hear(lastSeq: number): void {
    this.heardOf = Math.max(this.heardOf, lastSeq);
  }

  /** True when the window grew. */
  add(events: readonly Event[]): boolean {
    for (const event of events) {
      this.hear(event.seq);
      const inside = this.window.length > 0 && event.seq >= this.firstSeq && event.seq <= this.lastSeq;
      if (!inside) this.apart.set(event.seq, event);
    }
    return this.begun && this.join();
  }

  /**
   * The newest page as the server has it. It becomes the window when there was none, or when the
   * old one does not touch it; `lastSeq` is that of the reply.
   */
  begin(page: readonly Event[], lastSeq: number): boolean {
    const sorted = [...page].sort(bySeq);
    const [first, last] = [sorted[0], sorted[sorted.length - 1]];
    const before = this.window;
    this.hear(lastSeq);
    this.begun = true;
    if (first && last) {
      const touches =
        this.window.length > 0 && first.seq <= this.lastSeq + 1 && last.seq >= this.firstSeq - 1;
      const newer = last.seq > this.lastSeq;
      if (!touches && newer) this.window = sorted;
      else this.add(sorted);
    }
    this.join();
    return this.window !== before;
  }

  /** Put `event` in the place of the one with its seq, if that is here. */
  replace(event: Event): void {
    if (this.at(event.seq) === undefined) return;
    this.window = this.window.map((one) => (one.seq === event.seq ? event : one));
  }

  /** Newer copies of events that are here. */
  renew(events: readonly Event[]): void {
    const copies = new Map(events.map((event) => [event.seq, event]));
    this.window = this.window.map((one) => copies.get(one.seq) ?? one);
  }

  /** Forget everything, as when the server began a new epoch. */
  reset(): void {
    this.window = [];
    this.apart.clear();
    this.begun = false;
    this.heardOf = 0;
  }

  /** Messages of others in (after, upTo], or null when the window does not hold all of them. */
  unread(after: number, upTo: number, me: string): Unread | null {
    if (upTo <= after) return NOTHING_UNREAD;
    if (this.window.length === 0 || this.firstSeq > after + 1 || this.lastSeq < upTo) return null;
    let [count, named] = [0, 0];
    for (let seq = upTo; seq > after; seq -= 1) {
      const event = this.at(seq);
      if (event === undefined || !counts(event, me)) continue;
      count += 1;
      if (names(event, me)) named = seq;
    }
    return { count, named };
  }

  private join(): boolean {
    const low: Event[] = [];
    const high: Event[] = [];
    for (let seq = this.firstSeq - 1; this.window.length > 0; seq -= 1) {
      const event = this.take(seq);
      if (event === undefined) break;
      low.push(event);
    }
    // lastSeq is 0 when the page was empty: the conversation had no event, so it starts at 1.
    for (let seq = this.lastSeq + 1; ; seq += 1) {
      const event = this.take(seq);
      if (event === undefined) break;
      high.push(event);
    }
    for (const seq of this.apart.keys()) {
      if (this.window.length > 0 && seq >= this.firstSeq && seq <= this.lastSeq) this.apart.delete(seq);
    }
    if (low.length === 0 && high.length === 0) return false;
    this.window = [...low.reverse(), ...this.window, ...high];
    return true;
  }

  private take(seq: number): Event | undefined {
    const event = this.apart.get(seq);
    this.apart.delete(seq);
    return event;
  }
}

/** Whether an event names `me`, or everybody. */
export function names(event: Event, me: string): boolean {
  return event.mentions_all === true || event.mentions?.includes(me) === true;
}

/** Whether an event makes the unread count of `me` go up: not when nothing is left of what it said. */
export function counts(event: Event, me: string): boolean {
  return event.kind === "message" && event.sender !== me && saysSomething(event);
}

function saysSomething(event: Event): boolean {
  if (event.expires_at && event.expires_at <= Date.now()) return false;
  return !!event.text || !!event.file || (event.merged?.length ?? 0) > 0;
}

function bySeq(one: Event, other: Event): number {
  return one.seq - other.seq;
}
