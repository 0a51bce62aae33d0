/**
 * What this person sees of the server, as values to subscribe to. Fed by pushes, replies and
 * pages in any order; after each hello it asks for what it may have missed.
 */
import { isAct, type Act } from "./act";
import { bodyOf, type Entries } from "./applying/pending_own";
import { excludes } from "./applying/to_row";
import type { Ask } from "./ask";
import { ConversationList, type ConversationsView } from "./conversation_list";
import { Doubts } from "./doubts";
import { randomId } from "./environment";
import { Expiring } from "./expiring";
import type { LocalStore } from "./local_store";
import { counts } from "./log";
import { Happening, Value, type Readable, type Stop } from "./observable";
import type { OutgoingByConversation } from "./outbox";
import { OwnLog } from "./own_log";
import type {
  Change, ConversationCreate, ConversationView, Event, HelloResult, Member, ReadPush, ReceiptPush, SelfEntry, SyncChanges,
  SyncResult, User, UserPush,
} from "./protocol";
import type { Answer, Queue } from "./queue";
import { Rows, type OwnConversation } from "./rows";
import { Thread } from "./thread";
import type { ThreadView } from "./thread_view";
import { Threads, byConversation, type ActsByConversation } from "./threads";
import { Users } from "./users";

/** The server takes no more at once; the most recent count. */
const MOST_HAVE = 5_000;

export class Store {
  private readonly person = new Value<User | null>(null);
  private readonly people: Users;
  private readonly rows = new Rows(() => this.myId);
  private readonly list: ConversationList;
  private readonly own: OwnLog;
  private readonly threads: Threads;
  private readonly doubts: Doubts;
  private readonly expiring: Expiring;
  private acts: ActsByConversation = new Map();
  private epoch = "";
  private readonly incoming = new Happening<Event>();

  constructor(
    private readonly ask: Ask,
    online: () => boolean,
    private readonly queue: Queue,
    private readonly local: LocalStore,
  ) {
    this.people = new Users(ask, (users) => local.keepUsers(users));
    const me = (): string => this.myId;
    const changed = (): void => this.rowsChanged();
    this.threads = new Threads(this.rows, (id) => new Thread(id, ask, local, me, online, changed));
    this.doubts = new Doubts(this.rows, ask, online, (id) => this.isReading(id), changed);
    this.expiring = new Expiring(this.rows, local, me, changed);
    this.own = new OwnLog(ask, {
      took: (entries, seq) => this.onOwn(entries, seq),
      reset: () => local.dropOwn(),
    });
    this.list = new ConversationList(this.rows, ask, {
      have: () => this.have(),
      take: (page) => this.takeChanges(page),
    });
    queue.acts.subscribe((acts) => this.setActs(acts));
    queue.answered.on((answer) => this.onAnswer(answer));
  }

  get me(): Readable<User | null> {
    return this.person;
  }

  get conversations(): Readable<ConversationsView> {
    return this.list.view;
  }

  get users(): Readable<ReadonlyMap<string, User>> {
    return this.people.known;
  }

  /** One's own log by key, with what is on its way: settings, drafts, stars, contacts … */
  get entries(): Readable<Entries> {
    return this.own.all;
  }

  private get myId(): string {
    return this.person.get()?.id ?? "";
  }

  /** The person if known; else undefined now, and `users` changes once fetched. For rendering. */
  user(id: string): User | undefined {
    return this.people.get(id);
  }

  /** The same object for the same id. Subscribing does not load: open() does. */
  thread(conversationId: string): Readable<ThreadView> {
    return this.threads.of(conversationId).view;
  }

  /** Load the newest page and stay caught up until stopped. Opening again retries what failed. */
  open(conversationId: string): Stop {
    const thread = this.threads.of(conversationId);
    thread.open();
    if (!this.rows.get(conversationId)) this.doubts.fetch(conversationId);
    let open = true;
    return () => {
      if (open) thread.close();
      open = false;
    };
  }

  loadOlder(conversationId: string): Promise<void> {
    return this.threads.of(conversationId).loadOlder();
  }

  loadNewer(conversationId: string): Promise<void> {
    return this.threads.of(conversationId).loadNewer();
  }

  /** Have the thread show the events around `seq`. False when it is not to be had. */
  loadUntil(conversationId: string, seq: number): Promise<boolean> {
    return this.threads.of(conversationId).loadUntil(seq);
  }

  /** Have the thread show the newest events again, at once. */
  showLatest(conversationId: string): void {
    this.threads.of(conversationId).showLatest();
  }

  loadMoreConversations(): Promise<void> {
    return this.list.loadMore();
  }

  /** Everything up to `seq` was seen. Never moves back; told to the server in its own time. */
  markRead(conversationId: string, seq: number): void {
    const row = this.rows.get(conversationId);
    if (row && seq <= row.read_seq && !row.unread_mark) return;
    const slot = readingOf(conversationId);
    this.queue.add("read.set", { conversation_id: conversationId, seq }, { lane: slot, slot });
  }

  createDirect(userId: string): Promise<ConversationView> {
    return this.create({ kind: "direct", members: [userId] });
  }

  /** Asked again with the same `clientId`, after a lost answer say, it is still one group. */
  createGroup(title: string, members: readonly string[], clientId = randomId()): Promise<ConversationView> {
    return this.create({ kind: "group", members: [...members], title, client_id: clientId });
  }

  private async create(params: ConversationCreate): Promise<ConversationView> {
    const { conversation } = await this.ask("conversation.create", params);
    this.takeRow(conversation);
    return this.rows.get(conversation.id) ?? conversation;
  }

  async findUsers(query: string, cursor = ""): Promise<{ users: readonly User[]; cursor: string }> {
    const found = await this.ask("users.find", { query, cursor }, { whenOffline: "wait" });
    this.people.keep(found.users);
    return { users: found.users, cursor: found.cursor };
  }

  async members(
    conversationId: string,
    cursor = "",
  ): Promise<{ members: readonly Member[]; users: readonly User[]; cursor: string }> {
    const page = await this.ask("conversation.members", { conversation_id: conversationId, cursor });
    this.people.keep(page.users);
    return { members: page.members, users: page.users, cursor: page.cursor };
  }

  /** A message of another person as it arrives live: for sounds and notifications. */
  onIncoming(listener: (event: Event) => void): Stop {
    return this.incoming.on(listener);
  }

  // What follows is called by the client that owns the store, not by apps.

  /** Somebody signed in, or (null) out. Nothing of the last person stays. */
  setMe(user: User | null): void {
    if (user?.id !== this.person.get()?.id) this.clear();
    if (user) this.people.keep([user]);
    this.person.set(user);
  }

  /** Show what this person's earlier visits left. Resolves without asking anybody. */
  async begin(user: User): Promise<void> {
    this.setMe(user);
    const kept = await this.local.begin(user.id);
    if (this.myId !== user.id) return;
    this.epoch = kept.epoch;
    this.people.keep(kept.users);
    this.people.keep([user]);
    for (const row of kept.rows) this.rows.merge(row);
    this.rows.takeChanged();
    void this.expiring.begin(kept.rows);
    this.own.begin(kept.entries, kept.selfSeq);
    if (kept.older !== null && kept.rows.length > 0) this.list.begin(kept.older);
    this.setActs(this.queue.acts.get());
  }

  onHello(hello: HelloResult): void {
    const strange = this.epoch !== "" && this.epoch !== hello.epoch;
    if (hello.epoch_changed || strange) {
      this.local.clear();
      this.clear();
    }
    this.epoch = hello.epoch;
    this.keepMark();
    this.setMe(hello.user);
    void this.list.catchUp().then(() => this.keepMark());
    this.doubts.forgive();
    for (const thread of this.threads.all) {
      thread.resume();
      if (thread.isOpen && !this.rows.get(thread.id)) this.doubts.fetch(thread.id);
    }
    this.people.resume();
    this.rowsChanged();
  }

  onEvent(event: Event): void {
    const row = this.rows.get(event.conversation_id);
    const isNew = !row || (event.seq > row.last_seq && event.seq > row.read_seq);
    this.takeEvents([event]);
    if (isNew && counts(event, this.myId)) this.incoming.emit(event);
  }

  /** Events of one conversation, from a reply or a push. */
  takeEvents(events: readonly Event[]): void {
    for (const event of events) {
      const id = event.conversation_id;
      if (excludes(event, this.myId) && event.seq > (this.rows.get(id)?.last_seq ?? 0)) {
        this.forgetConversation(id);
        continue;
      }
      this.local.keepEvents(id, [{ event, state: null }]);
      this.threads.get(id)?.add([event]);
      const target = event.kind === "recall" ? this.threads.get(id)?.at(event.target ?? 0) : undefined;
      if (!this.rows.apply(event, target?.sender)) this.doubts.fetch(id);
    }
    this.rowsChanged();
  }

  takeRow(row: ConversationView): void {
    this.rows.merge(row);
    this.rowsChanged();
  }

  onRead(push: ReadPush): void {
    this.readUpTo(push.conversation_id, push.read_seq);
    this.rowsChanged();
  }

  onReceipt(push: ReceiptPush): void {
    this.rows.receive(push);
    this.rowsChanged();
  }

  takeUsers(users: readonly User[]): void {
    this.people.keep(users);
  }

  /** Something of one's own changed, here or on another device. */
  onSelf(entry: SelfEntry): void {
    this.own.hear(entry);
  }

  onUser({ user }: UserPush): void {
    this.people.keep([user]);
    if (user.id === this.myId) this.person.set(user);
  }

  /** What the outbox holds, per conversation. */
  setOutgoing(outgoing: OutgoingByConversation): void {
    this.threads.setOutgoing(outgoing);
  }

  /** How far a device is that asks what has changed. */
  private have(): Pick<SyncChanges, "have" | "self_seq"> {
    const rows = [...this.rows.all].sort((one, other) => other.active_at - one.active_at);
    const have: Record<string, number> = {};
    for (const row of rows.slice(0, MOST_HAVE)) {
      const log = this.threads.get(row.id)?.log;
      have[row.id] = log?.hasBegun ? Math.min(log.lastSeq, row.last_seq) : row.last_seq;
    }
    return { have, self_seq: this.own.lastSeq };
  }

  private async takeChanges(page: SyncResult): Promise<void> {
    this.people.keep(page.users);
    for (const id of page.gone) this.forgetConversation(id);
    for (const change of page.changes) this.takeChange(change);
    this.rowsChanged();
    await this.own.takePage(page.own);
    this.keepMark();
  }

  private takeChange({ conversation, events, states, reset }: Change): void {
    const { id } = conversation;
    const thread = this.threads.get(id);
    if (reset) {
      this.local.dropEvents(id);
      thread?.reset();
    }
    const stateOf = new Map(states.map((state) => [state.seq, state]));
    this.local.keepEvents(id, events.map((event) => ({ event, state: stateOf.get(event.seq) ?? null })));
    this.rows.merge(conversation);
    this.rows.note(id, events);
    thread?.add(events, states);
    if (reset) thread?.resume();
  }

  private forgetConversation(id: string): void {
    this.rows.remove(id);
    this.local.dropConversation(id);
    const thread = this.threads.get(id);
    thread?.reset();
    thread?.resume(); // who looks at it is told why there is nothing
  }

  private onOwn(entries: readonly SelfEntry[], seq: number): void {
    for (const entry of entries) {
      if (entry.kind !== "conversation") continue;
      const id = entry.key.slice("c:".length);
      const own = bodyOf<OwnConversation>(entry);
      if (own) this.rows.arrange(id, own);
      else this.forgetConversation(id);
    }
    this.local.keepOwn(entries, { epoch: this.epoch, selfSeq: seq, older: this.list.older });
    this.rowsChanged();
  }

  private keepMark(): void {
    this.local.keepOwn([], { epoch: this.epoch, selfSeq: this.own.lastSeq, older: this.list.older });
  }

  /** What this person did is done: the answer often comes before the push. */
  private onAnswer({ act, result }: Answer): void {
    const answer = result as { event?: Event | null; entry?: SelfEntry | null; read_seq?: number };
    if (answer.event) this.takeEvents([answer.event]);
    if (answer.entry) this.own.hear(answer.entry);
    if (!isAct(act, "read.set") || answer.read_seq === undefined) return;
    this.readUpTo(act.params.conversation_id, answer.read_seq);
    this.rowsChanged();
  }

  private setActs(acts: readonly Act[]): void {
    this.acts = byConversation(acts, this.acts);
    this.rows.setActs(this.acts);
    this.threads.setActs(this.acts);
    this.own.setActs(acts);
    for (const act of acts) {
      if (isAct(act, "read.set") && act.state === "waiting") this.readUpTo(act.params.conversation_id, act.params.seq);
    }
    this.rowsChanged();
  }

  private readUpTo(id: string, seq: number): void {
    const row = this.rows.get(id);
    if (row) this.rows.read(id, seq, this.threads.get(id)?.unread(row.read_seq, seq)?.count ?? null);
  }

  private isReading(id: string): boolean {
    return this.queue.waitingIn(readingOf(id)) !== undefined;
  }

  /** Count again what can be counted here, show the rows, and ask for what stays in doubt. */
  private rowsChanged(): void {
    for (const id of this.rows.uncertain) {
      const row = this.rows.get(id);
      const unread = row && this.threads.get(id)?.unread(row.read_seq, row.last_seq);
      if (unread) this.rows.settle(id, unread.count, unread.named);
    }
    this.threads.rowsChanged();
    this.local.keepRows(this.rows.takeChanged());
    this.list.show();
    this.doubts.mind();
    this.expiring.mind();
  }

  private clear(): void {
    this.rows.clear();
    this.list.clear();
    this.own.clear();
    this.epoch = "";
    this.people.clear();
    this.doubts.clear();
    this.expiring.clear();
    this.threads.reset();
  }
}

function readingOf(id: string): string {
  return `read/${id}`;
}
