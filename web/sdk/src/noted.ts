import { counts, names } from "./log";
import type { Event } from "./protocol";

interface Talk {
  /** All unread messages after this one were noted. */
  from: number;
  /** Those that name this person. */
  named: Set<number>;
  /** When those that do not stay are gone (Unix ms). */
  expiring: Map<number, number>;
}

/**
 * What is known of single unread messages of each conversation, as far as they came by: which of
 * them name this person, and which expire. A row only counts them, and says which is the first
 * that names; this says which is the next, and when there is one less, without asking anybody.
 */
export class Noted {
  private readonly talks = new Map<string, Talk>();

  constructor(private readonly me: () => string) {}

  /** Nothing is known of what is before the end of the log, `lastSeq`. */
  begin(id: string, lastSeq: number): void {
    const talk = this.talks.get(id);
    if (talk === undefined) this.talks.set(id, { from: lastSeq, named: new Set(), expiring: new Map() });
    else talk.from = Math.max(talk.from, lastSeq);
  }

  /** Messages that follow each other without a hole; those up to `readSeq` are read. */
  note(id: string, events: readonly Event[], readSeq: number): void {
    const talk = this.talks.get(id);
    const [first, last] = [events[0], events.at(-1)];
    if (talk === undefined || first === undefined || last === undefined) return;
    if (last.seq >= talk.from) talk.from = Math.min(talk.from, first.seq - 1);
    const me = this.me();
    for (const event of events) {
      if (event.seq <= readSeq || !counts(event, me)) continue;
      if (names(event, me)) talk.named.add(event.seq);
      if (event.expires_at) talk.expiring.set(event.seq, event.expires_at);
    }
  }

  /** The first unread message after `after` that names this person, 0 for none; null: not known. */
  nextNamed(id: string, after: number): number | null {
    const talk = this.talks.get(id);
    if (talk === undefined || after < talk.from) return null;
    let next = 0;
    for (const seq of talk.named) if (seq > after && (next === 0 || seq < next)) next = seq;
    return next;
  }

  /** A message that says nothing any more. */
  drop(id: string, seq: number): void {
    const talk = this.talks.get(id);
    talk?.named.delete(seq);
    talk?.expiring.delete(seq);
  }

  read(id: string, upTo: number): void {
    const talk = this.talks.get(id);
    if (talk === undefined) return;
    for (const seq of [...talk.named, ...talk.expiring.keys()]) if (seq <= upTo) this.drop(id, seq);
  }

  /** Those that are gone by `now`, each told once. */
  takeExpired(id: string, now: number): readonly number[] {
    const gone = [...(this.talks.get(id)?.expiring ?? [])].filter(([, at]) => at <= now).map(([seq]) => seq);
    for (const seq of gone) this.drop(id, seq);
    return gone;
  }

  /** When the next one is gone, and where; of all conversations. */
  get expiring(): { at: number; ids: readonly string[] } {
    let at = Infinity;
    const ids: string[] = [];
    for (const [id, { expiring }] of this.talks) {
      if (expiring.size === 0) continue;
      ids.push(id);
      for (const when of expiring.values()) at = Math.min(at, when);
    }
    return { at, ids };
  }

  remove(id: string): void {
    this.talks.delete(id);
  }

  clear(): void {
    this.talks.clear();
  }
}
