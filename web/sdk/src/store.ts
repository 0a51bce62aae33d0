/**
 * What this person sees of the server, as values to subscribe to. Fed by pushes, replies and
 * pages in any order; after each hello it asks for what it may have missed.
 */
import type { Ask } from "./ask";
import { ConversationList, type ConversationsView } from "./conversation_list";
import { randomId } from "./environment";
import { Happening, Value, type Readable, type Stop } from "./observable";
import type { OutgoingMessage } from "./outbox";
import type { ConversationCreate, ConversationView, Event, HelloResult, Member, ReadPush, User } from "./protocol";
import { Reading } from "./reading";
import { Rows } from "./rows";
import { counts } from "./log";
import { Thread, type ThreadView } from "./thread";
import { Users } from "./users";

/** Waits for stragglers before asking the server for a row that is in doubt. */
const DOUBT_MS = 500;
const NONE: readonly OutgoingMessage[] = [];

export class Store {
  private readonly person = new Value<User | null>(null);
  private readonly people: Users;
  private readonly rows = new Rows(() => this.myId);
  private readonly list: ConversationList;
  private readonly reading: Reading;
  private threads = new Map<string, Thread>();
  private outgoing: ReadonlyMap<string, readonly OutgoingMessage[]> = new Map();
  private readonly incoming = new Happening<Event>();
  private asked = new Set<string>();
  private doubtTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: Ask,
    private readonly online: () => boolean,
  ) {
    this.people = new Users(ask);
    this.list = new ConversationList(this.rows, ask, () => this.rowsChanged());
    this.reading = new Reading(ask, (id, readSeq) => {
      this.rows.read(id, readSeq);
      this.rowsChanged();
    });
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

  private get myId(): string {
    return this.person.get()?.id ?? "";
  }

  /** The person if known; else undefined now, and `users` changes once fetched. For rendering. */
  user(id: string): User | undefined {
    return this.people.get(id);
  }

  /** The same object for the same id. Subscribing does not load: open() does. */
  thread(conversationId: string): Readable<ThreadView> {
    return this.threadOf(conversationId).view;
  }

  /** Load the newest page and stay caught up until stopped. Opening again retries what failed. */
  open(conversationId: string): Stop {
    const thread = this.threadOf(conversationId);
    thread.open();
    if (!this.rows.get(conversationId)) this.fetchRow(conversationId);
    let open = true;
    return () => {
      if (open) thread.close();
      open = false;
    };
  }

  loadOlder(conversationId: string): Promise<void> {
    return this.threadOf(conversationId).loadOlder();
  }

  /** Load backwards until `seq` is in the thread. False when it is not to be had. */
  loadUntil(conversationId: string, seq: number): Promise<boolean> {
    return this.threadOf(conversationId).loadUntil(seq);
  }

  loadMoreConversations(): Promise<void> {
    return this.list.loadMore();
  }

  /** Everything up to `seq` was seen. Never moves back; told to the server in its own time. */
  markRead(conversationId: string, seq: number): void {
    const row = this.rows.get(conversationId);
    if (row && seq <= row.read_seq) return;
    this.rows.read(conversationId, seq);
    this.reading.set(conversationId, seq);
    this.rowsChanged();
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

  async updateMe(displayName: string): Promise<User> {
    const { user } = await this.ask("me.update", { display_name: displayName });
    this.setMe(user);
    return user;
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

  onHello(hello: HelloResult): void {
    if (hello.epoch_changed) this.clear();
    this.setMe(hello.user);
    void this.list.catchUp();
    this.asked.clear();
    for (const [id, thread] of this.threads) {
      thread.resume();
      if (thread.isOpen && !this.rows.get(id)) this.fetchRow(id);
    }
    this.reading.resume();
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
      this.threads.get(event.conversation_id)?.add([event]);
      if (!this.rows.apply(event)) this.fetchRow(event.conversation_id);
    }
    this.rowsChanged();
  }

  takeRow(row: ConversationView): void {
    this.rows.merge(row);
    this.rowsChanged();
  }

  onRead(push: ReadPush): void {
    this.rows.read(push.conversation_id, push.read_seq);
    this.rowsChanged();
  }

  /** What the outbox holds, per conversation. */
  setOutgoing(outgoing: ReadonlyMap<string, readonly OutgoingMessage[]>): void {
    const before = this.outgoing;
    this.outgoing = outgoing;
    for (const id of new Set([...before.keys(), ...outgoing.keys()])) {
      const messages = outgoing.get(id) ?? NONE;
      if (messages !== before.get(id)) this.threads.get(id)?.setOutgoing(messages);
    }
  }

  private threadOf(id: string): Thread {
    let thread = this.threads.get(id);
    if (thread === undefined) {
      thread = new Thread(id, this.ask, () => this.myId, this.online, () => this.rowsChanged());
      this.threads.set(id, thread);
      thread.setRow(this.rows.get(id) ?? null);
      thread.setOutgoing(this.outgoing.get(id) ?? NONE);
    }
    return thread;
  }

  /** Count again what can be counted here, show the rows, and ask for what stays in doubt. */
  private rowsChanged(): void {
    for (const id of this.rows.uncertain) {
      const row = this.rows.get(id);
      const unread = row && this.threads.get(id)?.log.unread(row.read_seq, row.last_seq, this.myId);
      if (typeof unread === "number") this.rows.settle(id, unread);
    }
    for (const [id, thread] of this.threads) thread.setRow(this.rows.get(id) ?? null);
    this.list.show();
    if (this.rows.uncertain.length > 0 && this.doubtTimer === undefined) {
      this.doubtTimer = setTimeout(() => {
        this.doubtTimer = undefined;
        // A read position that the server does not know yet would bring the same doubt back.
        for (const id of this.rows.uncertain) if (!this.reading.pending(id)) this.fetchRow(id);
      }, DOUBT_MS);
    }
  }

  private fetchRow(id: string): void {
    if (this.asked.has(id) || !this.online()) return; // hello pages through the list anyway
    this.asked.add(id);
    this.ask("conversation.get", { conversation_id: id }).then(
      ({ conversation }) => {
        this.asked.delete(id);
        this.takeRow(conversation);
        this.believe(id);
      },
      () => this.asked.delete(id),
    );
  }

  /** The server was asked and the row is still in doubt, as when it refused a read position. */
  private believe(id: string): void {
    const row = this.rows.get(id);
    if (!row || !this.rows.uncertain.includes(id) || this.reading.pending(id)) return;
    this.rows.settle(id, row.unread);
    this.rowsChanged();
  }

  private clear(): void {
    this.rows.clear();
    this.list.clear();
    this.reading.clear();
    this.people.clear();
    this.asked.clear();
    clearTimeout(this.doubtTimer);
    this.doubtTimer = undefined;
    for (const [id, thread] of this.threads) {
      thread.reset();
      thread.setOutgoing(this.outgoing.get(id) ?? NONE);
    }
  }
}
