import type { Act } from "./act";
import { withoutContent } from "./applying/to_state";
import { PATIENT, type Ask } from "./ask";
import { ParlorError, asParlorError } from "./errors";
import type { KeptEvent, LocalStore } from "./local_store";
import type { EventLog } from "./log";
import { MessageStates } from "./message_states";
import { Value, type Readable } from "./observable";
import type { OutgoingMessage } from "./outbox";
import type { ConversationView, Event, EventsResult, MessageState } from "./protocol";
import { Stretch, type Pages, type Range } from "./stretch";
import { NOTHING, isSame, withoutPlace, type ThreadView } from "./thread_view";

const PAGE = 50;
const CATCH_UP_PAGE = 100;
/** Further behind than this, the newest page is shown at once and the rest when scrolled to. */
const WORTH_CATCHING_UP = 400;
/** Pushes may overtake each other by this much before a hole is asked for. */
const HOLE_MS = 250;
const RETRY_MS = 2_000;
const RETRY_AT_MOST_MS = 30_000;

/**
 * One conversation's log as far as it is here, kept whole while somebody looks at it.
 *
 * The newest stretch of it is always here, and what happens comes in there. Who goes to a message
 * far back looks at a stretch of its own meanwhile, until the two touch or the newest is wanted
 * again. A thread that nobody has open asks for nothing: it catches up when it is opened again.
 */
export class Thread {
  private readonly pages: Pages = {
    ask: (range, patient, stretch) => this.page(range, patient, stretch === this.newest),
    took: (page, stretch) => this.took(page, stretch),
    changed: (error, stretch) => {
      if (stretch !== this.newest && stretch !== this.past) return; // left behind meanwhile
      this.error = error;
      this.show();
    },
  };
  private newest = new Stretch(this.pages);
  /** What is looked at in place of the newest. */
  private past: Stretch | null = null;
  private journeys = 0;
  private readonly shown = new Value<ThreadView>(NOTHING);
  private openers = 0;
  private row: ConversationView | null = null;
  private outgoing: readonly OutgoingMessage[] = [];
  private ownClientIds = new Set<string>();
  private followed: readonly Event[] = [];
  private catching = false;
  private stale = true;
  /** Something has happened that was not told: it may be about what is looked at. */
  private missed = false;
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

  /** The newest part, up to what happens now. */
  get log(): EventLog {
    return this.newest.log;
  }

  at(seq: number): Event | undefined {
    return this.log.at(seq) ?? this.past?.log.at(seq);
  }

  /** Messages of others in (after, upTo]; null when they are not all here. */
  unread(after: number, upTo: number): number | null {
    return this.log.unread(after, upTo, this.me()) ?? this.past?.log.unread(after, upTo, this.me()) ?? null;
  }

  open(): void {
    this.openers += 1;
    if (this.status === "failed") this.status = "empty";
    this.seed();
    this.catchUp();
  }

  close(): void {
    this.openers -= 1;
    if (this.openers > 0) return;
    clearTimeout(this.timer);
    this.showLatest();
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
    this.journeys += 1;
    this.newest = new Stretch(this.pages);
    this.past = null;
    this.followed = [];
    this.states.clear();
    this.seeding = null;
    this.seeded = false;
    this.ownClientIds.clear();
    this.row = null;
    this.catching = this.missed = false;
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
    this.joinPast();
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
  loadOlder(): Promise<void> {
    return this.looked.grow("older", PAGE);
  }

  /** As `loadOlder`, at the other end of what somebody has gone to. */
  loadNewer(): Promise<void> {
    return this.past?.grow("newer", PAGE) ?? Promise.resolve();
  }

  /**
   * Look at the part of the log with `seq`, which is fetched by itself when it is far from here.
   * False, and nothing moves, when it is not to be had or somebody went elsewhere meanwhile.
   */
  async loadUntil(seq: number): Promise<boolean> {
    const mine = ++this.journeys;
    for (const stretch of [this.newest, this.past]) {
      if (stretch === null || !(await stretch.reach(seq))) continue;
      if (mine === this.journeys) this.lookAt(stretch);
      return mine === this.journeys;
    }
    if (!this.log.hasBegun || seq <= 0 || seq > this.log.knownLast || mine !== this.journeys) return false;
    const past = new Stretch(this.pages);
    if (!(await past.begin(seq)) || mine !== this.journeys) return false;
    this.lookAt(past);
    return true;
  }

  /** Back to where what happens comes in. */
  showLatest(): void {
    this.journeys += 1;
    this.lookAt(this.newest);
  }

  private get looked(): Stretch {
    return this.past ?? this.newest;
  }

  private lookAt(stretch: Stretch): void {
    this.past = stretch === this.newest ? null : stretch;
    this.joinPast();
    this.show();
  }

  /** Where the two stretches touch, they are one from then on. */
  private joinPast(): void {
    const { past, newest } = this;
    if (past === null || past.log.lastSeq < newest.log.firstSeq - 1) return;
    if (past.log.lastSeq > newest.log.lastSeq) return; // the newest is still catching up
    this.past = null;
    if (past.log.firstSeq >= newest.log.firstSeq) return;
    newest.log.add(past.log.events);
    newest.atStart = past.atStart;
  }

  private took({ events, states }: EventsResult, stretch: Stretch): void {
    if (stretch === this.newest) return this.add(events, states);
    this.states.take(states);
    stretch.log.add(events);
    this.joinPast();
    this.show();
  }

  private async page(range: Range, patient = false, keep = true): Promise<EventsResult> {
    const { generation } = this;
    // Where somebody wants to go to a message, a page that has just been opened waits for its link.
    const page = await this.ask("events.list", { conversation_id: this.id, ...range }, { ...PATIENT, whenOffline: patient ? "wait" : "fail" });
    if (generation !== this.generation) throw new ParlorError("aborted", "The log was reset.");
    if (!keep) return page; // what is kept has no holes
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
    if (this.log.hasBegun && !this.stale && !this.missed && this.log.behind === 0) return this.settle("ready", null);
    if (!this.log.hasBegun) this.settle("loading", null);
    if (!this.online()) return; // resume() comes with the next hello
    this.catching = true;
    const { generation } = this;
    this.fetchNewer().then(
      () => {
        if (generation !== this.generation) return;
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
    await this.fetchUpToNow();
    if (!this.missed) return;
    await this.past?.renew();
    this.missed = false;
  }

  private async fetchUpToNow(): Promise<void> {
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
    if (this.log.firstSeq !== first) {
      this.newest.atStart = !page.more;
      this.missed = true;
    }
    this.joinPast();
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
    this.follow();
    const { looked } = this;
    const after: ThreadView = {
      conversation: this.row,
      events: looked.log.events,
      latest: this.log.events,
      states: this.states.shown,
      outgoing: withoutPlace(this.outgoing, this.log.ahead, this.ownClientIds, this.me(), before.outgoing),
      more: looked.more,
      loadingOlder: looked.isGrowing("older"),
      newer: this.past !== null,
      loadingNewer: this.past?.isGrowing("newer") ?? false,
      status: this.status,
      error: this.error,
    };
    if (!isSame(before, after)) this.shown.set(after);
  }

  /** Let what is new act on the messages that it is about. */
  private follow(): void {
    const { events } = this.log;
    if (this.followed === events) return;
    const me = this.me();
    for (const event of events.slice(newFrom(this.followed, events))) {
      if (event.sender === me && event.client_id) this.ownClientIds.add(event.client_id);
      this.states.apply(event);
      if (event.kind === "recall") this.takeWords(event.target ?? 0);
    }
    this.followed = this.log.events;
  }

  private takeWords(seq: number): void {
    for (const stretch of [this.newest, this.past]) {
      const said = stretch?.log.at(seq);
      if (said?.text) stretch?.log.replace(withoutContent(said));
    }
  }
}

function expired(event: Event, now: number): boolean {
  return !!event.expires_at && event.expires_at <= now;
}

/** Where `events` goes on after `before`; 0 when it does not begin in the same place. */
function newFrom(before: readonly Event[], events: readonly Event[]): number {
  return before.length > 0 && before[0] === events[0] ? before.length : 0;
}
