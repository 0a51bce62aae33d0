import type { Act } from "./act";
import { withoutContent } from "./applying/to_state";
import type { Ask } from "./ask";
import { ParlorError, asParlorError } from "./errors";
import type { KeptEvent, LocalStore } from "./local_store";
import { EventLog } from "./log";
import { MessageStates, type States } from "./message_states";
import { Value, type Readable } from "./observable";
import type { OutgoingMessage } from "./outbox";
import type { ConversationView, Event, EventsList, EventsResult, MessageState } from "./protocol";

export interface ThreadView {
  conversation: ConversationView | null;
  /** Ascending, without holes. Those that are about a message (`isAboutMessage`) are no lines. */
  events: readonly Event[];
  /** How messages stand now to which something has happened, by seq; also what is on its way. */
  states: States;
  /** This person's own that have no place in `events` yet: draw them after the events. */
  outgoing: readonly OutgoingMessage[];
  /** There are older ones than the first of `events`. */
  more: boolean;
  loadingOlder: boolean;
  status: "empty" | "loading" | "ready" | "failed";
  error: ParlorError | null;
}

const PAGE = 50;
/** On the way to a certain message; the server gives no more at once. */
const LONG_PAGE = 200;
const CATCH_UP_PAGE = 100;
/** Further behind than this, the newest page is shown at once and the rest when scrolled to. */
const WORTH_CATCHING_UP = 400;
/** Pushes may overtake each other by this much before a hole is asked for. */
const HOLE_MS = 250;
const RETRY_MS = 2_000;
const RETRY_AT_MOST_MS = 30_000;

const NOTHING: ThreadView = {
  conversation: null,
  events: [],
  states: new Map(),
  outgoing: [],
  more: false,
  loadingOlder: false,
  status: "empty",
  error: null,
};

/**
 * One conversation's log as far as it is here, kept whole while somebody looks at it.
 *
 * One fetch of new events runs at a time, and one of old ones. A thread that nobody has open asks
 * for nothing: it catches up when it is opened again.
 */
export class Thread {
  readonly log = new EventLog();
  private readonly shown = new Value<ThreadView>(NOTHING);
  private openers = 0;
  private row: ConversationView | null = null;
  private outgoing: readonly OutgoingMessage[] = [];
  private ownClientIds = new Set<string>();
  private atStart = false;
  private older: Promise<void> | null = null;
  private catching = false;
  private stale = true;
  private status: ThreadView["status"] = "empty";
  private error: ParlorError | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private generation = 0;
  private readonly states: MessageStates;
  private seeding: Promise<void> | null = null;
  private seeded = false;

  constructor(
    readonly id: string,
    private readonly ask: Ask,
    private readonly local: LocalStore,
    private readonly me: () => string,
    private readonly online: () => boolean,
    /** The window grew. */
    private readonly grew: () => void,
  ) {
    this.states = new MessageStates(me);
  }

  get view(): Readable<ThreadView> {
    return this.shown;
  }

  open(): void {
    this.openers += 1;
    if (this.status === "failed") this.status = "empty";
    this.seed();
    this.catchUp();
  }

  close(): void {
    this.openers -= 1;
    if (this.openers === 0) clearTimeout(this.timer);
  }

  /** After a hello: there may be more than the pushes said. */
  resume(): void {
    this.stale = true;
    this.catchUp();
  }

  get isOpen(): boolean {
    return this.openers > 0;
  }

  /** Forget the log; what is on its way to here is no longer wanted. */
  reset(): void {
    clearTimeout(this.timer);
    this.generation += 1;
    this.log.reset();
    this.states.clear();
    this.seeding = null;
    this.seeded = false;
    this.ownClientIds.clear();
    this.row = null;
    this.older = null;
    this.catching = this.atStart = false;
    this.stale = true;
    this.failures = 0;
    this.settle(this.openers > 0 ? "loading" : "empty", null);
  }

  setRow(row: ConversationView | null): void {
    if (row === this.row) return;
    this.row = row;
    if (row) this.log.hear(row.last_seq);
    this.show();
    this.mindHole();
  }

  setOutgoing(outgoing: readonly OutgoingMessage[]): void {
    this.outgoing = outgoing;
    this.show();
  }

  /** What this person did here and the server has not answered. */
  setActs(acts: readonly Act[]): void {
    this.states.setActs(acts);
    this.show();
  }

  /** Events from a push or a reply, in any order; `states` as the server has them. */
  add(events: readonly Event[], states: readonly MessageState[] = []): void {
    this.states.take(states);
    const grew = this.log.add(events);
    this.show();
    if (grew) this.grew();
    this.mindHole();
  }

  /** What was here at the last visit is shown before the server is asked. */
  private seed(): void {
    if (this.seeded || this.log.hasBegun) return;
    this.seeded = true;
    const { generation } = this;
    this.settle("loading", null);
    const seeding = this.local.events(this.id).then((kept) => {
      if (generation !== this.generation) return;
      this.seeding = null;
      this.showKept(kept);
      this.catchUp();
    });
    this.seeding = seeding;
  }

  private showKept(kept: readonly KeptEvent[]): void {
    const last = kept[kept.length - 1];
    if (last === undefined || this.log.hasBegun) return;
    this.states.take(kept.flatMap(({ state }) => state ?? []));
    const now = Date.now();
    const events = kept.map(({ event }) => (expired(event, now) ? withoutContent(event) : event));
    const grew = this.log.begin(events, last.event.seq);
    this.stale = true;
    this.settle("ready", null);
    if (grew) this.grew();
  }

  /** Never rejects: what went wrong is in the view, and calling again tries again. */
  loadOlder(limit = PAGE): Promise<void> {
    if (!this.log.hasBegun || this.atStart || this.log.firstSeq <= 1) return Promise.resolve();
    if (this.older) return this.older;
    const older: Promise<void> = this.fetchOlder(limit).then(
      () => this.olderDone(older, null),
      (thrown: unknown) => this.olderDone(older, asParlorError(thrown)),
    );
    this.older = older;
    this.show();
    return older;
  }

  private olderDone(older: Promise<void>, error: ParlorError | null): void {
    if (this.older !== older) return; // reset meanwhile
    this.older = null;
    this.error = error;
    this.show();
  }

  /** Load backwards until `seq` is here. False when the log does not go back that far. */
  async loadUntil(seq: number): Promise<boolean> {
    while (this.log.hasBegun && seq < this.log.firstSeq && this.view.get().more) {
      const first = this.log.firstSeq;
      await this.loadOlder(LONG_PAGE);
      if (this.log.firstSeq === first) break;
    }
    return this.log.at(seq) !== undefined;
  }

  private async fetchOlder(limit: number): Promise<void> {
    const before = this.log.firstSeq;
    const page = await this.page({ before, limit });
    this.add(page.events, page.states);
    // The window may have been replaced by a newer one meanwhile, which does not start there.
    if (!page.more && this.log.firstSeq <= (page.events[0]?.seq ?? before)) this.atStart = true;
  }

  private async page(range: Omit<EventsList, "conversation_id">): Promise<EventsResult> {
    const { generation } = this;
    const page = await this.ask("events.list", { conversation_id: this.id, ...range });
    if (generation !== this.generation) throw new ParlorError("aborted", "The log was reset.");
    const states = new Map(page.states.map((state) => [state.seq, state]));
    const kept = page.events.map((event) => ({ event, state: states.get(event.seq) ?? null }));
    this.local.keepEvents(this.id, kept);
    return page;
  }

  private mindHole(): void {
    if (this.openers === 0 || this.catching || !this.log.hasBegun || this.log.behind === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.catchUp(), HOLE_MS);
  }

  private catchUp(): void {
    clearTimeout(this.timer);
    if (this.openers === 0 || this.catching || this.seeding) return;
    if (this.log.hasBegun && !this.stale && this.log.behind === 0) return this.settle("ready", null);
    if (!this.log.hasBegun) this.settle("loading", null);
    if (!this.online()) return; // resume() comes with the next hello
    this.catching = true;
    const { generation } = this;
    this.fetchNewer().then(
      () => {
        this.catching = false;
        this.failures = 0;
        this.settle("ready", null);
        if (this.log.behind > 0) this.mindHole();
      },
      (thrown: unknown) => {
        if (generation !== this.generation) return;
        this.catching = false;
        this.failed(asParlorError(thrown));
      },
    );
  }

  private async fetchNewer(): Promise<void> {
    if (!this.log.hasBegun || this.log.behind > WORTH_CATCHING_UP) await this.fetchNewest();
    for (;;) {
      if (!this.stale && this.log.behind === 0) return;
      const after = this.log.lastSeq;
      const page = await this.page({ after, limit: CATCH_UP_PAGE });
      this.stale = false;
      this.log.hear(page.last_seq);
      this.add(page.events, page.states);
      if (this.log.lastSeq === after) return; // the rest is not ours to see, or not there yet
      if (this.log.behind > WORTH_CATCHING_UP) await this.fetchNewest();
    }
  }

  private async fetchNewest(): Promise<void> {
    const page = await this.page({ limit: PAGE });
    this.stale = false;
    const first = this.log.firstSeq;
    this.states.take(page.states);
    if (this.log.begin(page.events, page.last_seq)) this.grew();
    if (this.log.firstSeq !== first) this.atStart = !page.more;
    this.show();
  }

  private failed(error: ParlorError): void {
    if (error.code === "offline") return; // resume() comes with the next hello
    this.failures += 1;
    if (error.retry && this.openers > 0) {
      const waitMs = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** (this.failures - 1));
      this.timer = setTimeout(() => this.catchUp(), Math.max(waitMs, error.retryAfterS * 1000));
    }
    if (!this.log.hasBegun && !error.retry) this.settle("failed", error);
  }

  private settle(status: ThreadView["status"], error: ParlorError | null): void {
    this.status = status;
    this.error = error;
    this.show();
  }

  private show(): void {
    const before = this.shown.get();
    this.follow(before.events);
    const { events } = this.log;
    const after: ThreadView = {
      conversation: this.row,
      events,
      states: this.states.shown,
      outgoing: this.withoutPlace(),
      more: this.log.hasBegun && !this.atStart && this.log.firstSeq > 1,
      loadingOlder: this.older !== null,
      status: this.status,
      error: this.error,
    };
    const keys = Object.keys(after) as (keyof ThreadView)[];
    if (keys.some((key) => after[key] !== before[key])) this.shown.set(after);
  }

  /** Let what is new in the window act on the messages that it is about. */
  private follow(before: readonly Event[]): void {
    const { events } = this.log;
    if (before === events) return;
    const me = this.me();
    for (const event of events.slice(newFrom(before, events))) {
      if (event.sender === me && event.client_id) this.ownClientIds.add(event.client_id);
      this.states.apply(event);
      const target = event.kind === "recall" ? this.log.at(event.target ?? 0) : undefined;
      if (target?.text) this.log.replace(withoutContent(target));
    }
  }

  /** What is on its way, and what is stored but waits for a hole before it to be filled. */
  private withoutPlace(): readonly OutgoingMessage[] {
    const me = this.me();
    const waiting = this.log.ahead.filter((event) => event.sender === me && event.client_id);
    const stored = new Set(waiting.map((event) => event.client_id));
    const all = [
      ...waiting.map(asOutgoing),
      ...this.outgoing.filter(({ client_id }) => !this.ownClientIds.has(client_id) && !stored.has(client_id)),
    ];
    const last = this.shown.get().outgoing;
    const same = all.length === last.length && all.every((message, at) => sameMessage(message, last[at]));
    return same ? last : all;
  }
}

function expired(event: Event, now: number): boolean {
  return !!event.expires_at && event.expires_at <= now;
}

/** Where `events` goes on after `before`; 0 when it does not begin in the same place. */
function newFrom(before: readonly Event[], events: readonly Event[]): number {
  return before.length > 0 && before[0] === events[0] ? before.length : 0;
}

function sameMessage(one: OutgoingMessage, other: OutgoingMessage | undefined): boolean {
  if (one === other) return true;
  return one.client_id === other?.client_id && one.state === other.state && one.error === other.error;
}

function asOutgoing(event: Event): OutgoingMessage {
  return {
    client_id: event.client_id ?? "",
    conversation_id: event.conversation_id,
    sender: event.sender,
    text: event.text ?? "",
    reply_to: event.reply_to ?? 0,
    mentions: event.mentions ?? [],
    created_at: event.sent_at,
    state: "sending",
    error: null,
  };
}
