import { asParlorError, type ParlorError } from "./errors";
import { EventLog } from "./log";
import type { EventsList, EventsResult } from "./protocol";

export type End = "older" | "newer";
export type Range = Omit<EventsList, "conversation_id">;

/** What a stretch needs of its thread; each is told which stretch it is. */
export interface Pages {
  /** `patient`: somebody wants to go there, and waits for the link. */
  ask(range: Range, patient: boolean, stretch: Stretch): Promise<EventsResult>;
  /** Events and states that have come. */
  took(page: EventsResult, stretch: Stretch): void;
  /** A request has begun (no error is said then) or has ended. */
  changed(error: ParlorError | null, stretch: Stretch): void;
}

/** Before and after a message that somebody goes to. */
const AROUND_BEFORE = 30;
const AROUND_AFTER = 50;
/** The server gives no more at once. */
export const LONG_PAGE = 200;

/**
 * A part of a conversation's log without holes, and how it grows: one request at a time at each end.
 *
 * The newest part is one, where what happens comes in by itself. Any other is a view of the past,
 * which knows of nothing that it has not asked for.
 */
export class Stretch {
  readonly log = new EventLog();
  /** Nothing is before its first event. */
  atStart = false;
  private readonly growing = new Map<End, Promise<void>>();

  constructor(private readonly pages: Pages) {}

  get more(): boolean {
    return this.log.hasBegun && !this.atStart && this.log.firstSeq > 1;
  }

  isGrowing(end: End): boolean {
    return this.growing.has(end);
  }

  /** Never rejects: what went wrong is told to `changed`, and calling again tries again. */
  grow(end: End, limit: number): Promise<void> {
    const going = this.growing.get(end);
    if (going !== undefined) return going;
    if (!this.log.hasBegun || (end === "older" && !this.more)) return Promise.resolve();
    const done = (error: ParlorError | null): void => {
      this.growing.delete(end);
      this.pages.changed(error, this);
    };
    const fetching = this.fetch(end, limit).then(
      () => done(null),
      (thrown: unknown) => done(asParlorError(thrown)),
    );
    this.growing.set(end, fetching);
    this.pages.changed(null, this);
    return fetching;
  }

  /** Grow until `seq` is here, where that is a page away; say whether it is. */
  async reach(seq: number): Promise<boolean> {
    const { log } = this;
    for (let edge = NaN; this.isNear(seq) && log.at(seq) === undefined; ) {
      const older = seq < log.firstSeq;
      const now = older ? log.firstSeq : log.lastSeq;
      if (now === edge) break;
      edge = now;
      await this.grow(older ? "older" : "newer", LONG_PAGE);
    }
    return log.at(seq) !== undefined;
  }

  /** Begin around `seq`. False when it is not to be had: nothing is here then. Rejects as requests do. */
  async begin(seq: number): Promise<boolean> {
    const [before, after] = await Promise.all([
      this.pages.ask({ before: seq + 1, limit: AROUND_BEFORE }, true, this),
      this.pages.ask({ after: seq, limit: AROUND_AFTER }, true, this),
    ]);
    if (before.events[before.events.length - 1]?.seq !== seq) return false;
    this.log.begin(before.events, after.last_seq);
    this.atStart = !before.more;
    for (const page of [before, after]) this.pages.took(page, this);
    return true;
  }

  /** Ask for all of it again: something may have happened to it that was never told. */
  async renew(): Promise<void> {
    const { log } = this;
    for (let after = log.firstSeq - 1; after < log.lastSeq; ) {
      const page = await this.pages.ask({ after, before: log.lastSeq + 1, limit: LONG_PAGE }, true, this);
      const last = page.events[page.events.length - 1];
      if (last === undefined) return;
      log.renew(page.events);
      this.pages.took(page, this);
      after = last.seq;
    }
  }

  private isNear(seq: number): boolean {
    const { log } = this;
    if (!log.hasBegun || seq <= 0) return false;
    return seq < log.firstSeq ? log.firstSeq - seq <= LONG_PAGE && this.more : seq - log.lastSeq <= LONG_PAGE;
  }

  private async fetch(end: End, limit: number): Promise<void> {
    const { log } = this;
    const [first, last] = [log.firstSeq, log.lastSeq];
    const range = end === "older" ? { before: first, limit } : { after: last, limit };
    const page = await this.pages.ask(range, limit === LONG_PAGE, this);
    this.pages.took(page, this);
    // It may have begun anew meanwhile, and does not start there then.
    if (end === "older" && !page.more && log.firstSeq <= (page.events[0]?.seq ?? first)) this.atStart = true;
  }
}
