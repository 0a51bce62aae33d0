/**
 * Ties the parts together: who is signed in, one link, the store and what feeds it.
 *
 * Everything an app needs hangs off one `Parlor`; make one per page.
 */
import { Calls } from "./calls";
import { Credentials, type Kept } from "./credentials";
import { Database } from "./database";
import { Delivered } from "./delivered";
import { Drafts } from "./drafts";
import { surroundings, type Environment } from "./environment";
import { Files } from "./files";
import { ParlorError } from "./errors";
import { Groups } from "./groups";
import { Link, type LinkEnd, type RequestOptions } from "./link";
import { Messages } from "./messages";
import { Value, type Readable, type Stop } from "./observable";
import { KEEP, LocalStore, type KeepLimits } from "./local_store";
import { Outbox } from "./outbox";
import type { HelloResult, Methods, Pushes, User } from "./protocol";
import { Own } from "./own";
import { People } from "./people";
import { Presences, Typing } from "./presence";
import { Queue } from "./queue";
import { Rest, type NewAccount, type ServerView, type SetUpLinkView, type SignedIn } from "./rest";
import { Rooms } from "./rooms";
import { Schedule } from "./schedule";
import { Search } from "./search";
import { SignIns } from "./sign_ins";
import { Siblings } from "./siblings";
import { Store } from "./store";
import { Tab } from "./tab";
import { Turn } from "./turn";

export interface ParlorOptions {
  /** Where the server is: scheme, host, port. The page's own origin when left out. */
  baseUrl?: string;
  /** Tells the server what connects, for its log. */
  client?: string;
  /** How much is kept in this browser for when there is no network. */
  keep?: Partial<KeepLimits>;
  /** In place of what the browser has: for tests and for node. */
  environment?: Partial<Environment>;
}

/** Why somebody was signed out without asking for it here. */
export type SignOutReason = LinkEnd;

export type SessionState =
  /** resume() was not called yet. */
  | { status: "unknown" }
  | { status: "signed_in"; user: User; admin: boolean }
  | { status: "signed_out"; reason: SignOutReason | null };

export class Parlor {
  readonly link: Link;
  readonly store: Store;
  /** Everything this person did that the server has not answered, messages included. */
  readonly queue: Queue;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly messages: Messages;
  readonly groups: Groups;
  readonly people: People;
  readonly files: Files;
  readonly presence: Presences;
  readonly typing: Typing;
  readonly own: Own;
  readonly schedule: Schedule;
  readonly search: Search;
  readonly signIns: SignIns;
  readonly calls: Calls;
  readonly rooms: Rooms;
  private readonly signedIn = new Value<SessionState>({ status: "unknown" });
  private readonly rest: Rest;
  private readonly credentials: Credentials;
  private readonly database: Database;
  private readonly local: LocalStore;
  private readonly siblings: Siblings;
  private readonly delivered: Delivered;
  private readonly tab: Tab;
  private readonly who = { instance: "", client: "" };

  constructor(options: ParlorOptions = {}) {
    const environment = surroundings(options.environment);
    if (options.baseUrl) environment.baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.who.client = options.client ?? "web";
    this.rest = new Rest(environment.baseUrl, environment.fetch);
    this.credentials = new Credentials(environment, this.rest);
    this.database = new Database(environment.indexedDB);
    this.tab = new Tab(environment);
    this.link = new Link(environment, this.credentials, this.who);
    const ask: typeof this.link.request = (method, params, how) => this.link.request(method, params, how);
    this.local = new LocalStore(this.database, { ...KEEP, ...options.keep }, environment.page);
    this.siblings = new Siblings(environment, () => this.credentials.kept()?.user.id ?? "");
    const turn = new Turn(environment.locks, () => void this.queue.takeOver());
    this.queue = new Queue(ask, this.database, this.siblings, turn);
    this.store = new Store(ask, () => this.link.online, this.queue, this.local);
    this.outbox = new Outbox(this.queue);
    this.drafts = new Drafts(this.queue, this.store.entries, environment.page);
    this.messages = new Messages(this.queue, ask);
    this.groups = new Groups(this.queue, ask);
    this.people = new People(this.queue, ask, this.store, (path, file) => this.fetchJson("POST", path, file));
    this.files = new Files(
      (method, path, body, more) => this.fetchJson(method, path, body, more),
      (path) => this.withToken((token) => this.rest.bytes(path, token)),
    );
    this.presence = new Presences(ask, () => this.link.online);
    this.typing = new Typing(ask);
    this.own = new Own(this.queue, ask, this.store.entries);
    this.schedule = new Schedule(this.queue, ask);
    this.search = new Search(ask, this.store);
    this.signIns = new SignIns(ask);
    this.delivered = new Delivered(ask, () => this.link.online);
    this.calls = new Calls(environment, this.link);
    this.rooms = new Rooms(this.link);
    this.store.conversations.subscribe(({ rows }) => this.delivered.have(rows));
    this.outbox.messages.subscribe((messages) => this.store.setOutgoing(messages));
    this.listen();
  }

  /** Who is signed in. */
  get session(): Readable<SessionState> {
    return this.signedIn;
  }

  /** True when somebody is still signed in here. Does not wait for the network. */
  async resume(): Promise<boolean> {
    const kept = this.credentials.kept();
    if (kept === null) {
      this.signedIn.set({ status: "signed_out", reason: null });
      return false;
    }
    await this.begin(kept);
    return true;
  }

  signUp(account: NewAccount): Promise<User> {
    return this.enter(this.rest.signUp(account, this.credentials.device()));
  }

  /** Refused with new_password_needed for a one-time password, which `newPassword` then replaces. */
  signIn({ name, password, newPassword }: { name: string; password: string; newPassword?: string }): Promise<User> {
    return this.enter(this.rest.signIn(name, password, this.credentials.device(), newPassword));
  }

  /** Signs out all other devices of this person; resolves with how many those were. */
  async changePassword(present: string, next: string): Promise<number> {
    const body = { present, new: next };
    return (await this.fetchJson<{ ended: number }>("POST", "/api/v1/me/password", body)).ended;
  }

  /** Whom a one-time link is for. Refused with not_found when it is spent, expired or unknown. */
  setUpLink(token: string): Promise<SetUpLinkView> {
    return this.rest.setUpLink(token);
  }

  redeemSetUpLink(token: string, account: NewAccount): Promise<User> {
    return this.enter(this.rest.redeemSetUpLink(token, account, this.credentials.device()));
  }

  /**
   * Forget this person's messages, drafts and tokens, and all that was kept of the server, in this browser, at once; then tell the
   * server, if it can be reached.
   */
  async signOut(): Promise<void> {
    const kept = this.credentials.kept();
    this.calls.leave();
    this.leave(null);
    if (kept === null) return;
    await Promise.all([
      this.queue.forget(kept.user.id),
      this.local.forget(kept.user.id),
      this.rest.signOut(kept.token).catch(() => undefined),
    ]);
  }

  server(): Promise<ServerView> {
    return this.rest.server();
  }

  /** One request over the link; see Link.request for what it rejects with. */
  request<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options?: RequestOptions,
  ): Promise<Methods[M]["result"]> {
    return this.link.request(method, params, options);
  }

  onPush<P extends keyof Pushes>(name: P, listener: (data: Pushes[P]) => void): Stop {
    return this.link.onPush(name, listener);
  }

  /** A REST request with this person's token, refreshed once when it has expired. */
  fetchJson<T>(method: string, path: string, body?: unknown, more?: RequestInit): Promise<T> {
    return this.withToken((token) => this.rest.call<T>(method, path, body, token, more));
  }

  private async withToken<T>(ask: (token: string) => Promise<T>): Promise<T> {
    const token = this.credentials.kept()?.token;
    if (token === undefined) throw new ParlorError("signed_out", "Nobody is signed in.");
    try {
      return await ask(token);
    } catch (thrown) {
      if ((thrown as ParlorError).code !== "unauthenticated") throw thrown;
      const renewal = await this.credentials.renew(token);
      if (renewal === "refused") this.leave("expired");
      const fresh = this.credentials.kept()?.token;
      if (renewal !== "renewed" || fresh === undefined) throw thrown;
      return ask(fresh);
    }
  }

  /** Let go of the link, the database and the tab's name; for tests and pages that end. */
  close(): void {
    this.link.close();
    this.calls.close();
    this.tab.close();
    this.queue.end();
    this.siblings.close();
    void this.database.close();
  }

  private listen(): void {
    this.link.greeted.on((hello) => this.onHello(hello));
    this.link.ended.on((reason) => this.leave(reason));
    this.link.onPush("event", ({ event }) => {
      this.typing.onEvent(event);
      this.store.onEvent(event);
    });
    this.link.onPush("conversation", ({ conversation }) => this.store.takeRow(conversation));
    this.link.onPush("read", (read) => this.store.onRead(read));
    this.link.onPush("self", ({ entry }) => this.store.onSelf(entry));
    this.link.onPush("receipt", (push) => this.store.onReceipt(push));
    this.link.onPush("presence", (push) => this.presence.onPush(push));
    this.link.onPush("typing", (push) => this.typing.onPush(push));
    this.link.onPush("schedule", (push) => this.schedule.take(push));
    this.link.onPush("group.request", (push) => this.groups.requested.emit(push));
    this.link.onPush("user", (push) => this.store.onUser(push));
    this.link.state.subscribe(({ status }) => {
      if (status !== "online") this.queue.pause();
    });
    this.credentials.changedElsewhere.on(() => {
      this.leave("signed_out", { forget: false });
      if (this.credentials.kept() !== null) void this.resume();
    });
  }

  private async enter(signingIn: Promise<SignedIn>): Promise<User> {
    const signedIn = await signingIn;
    if (this.signedIn.get().status === "signed_in") this.leave(null);
    await this.begin(this.credentials.keep(signedIn));
    return signedIn.user;
  }

  /** What is here is shown before the network is asked for anything. */
  private async begin({ user, admin }: Kept): Promise<void> {
    this.store.setMe(user);
    this.who.instance = await this.tab.id;
    await Promise.all([this.queue.begin(user.id, this.who.instance), this.store.begin(user)]);
    if (this.credentials.kept()?.user.id !== user.id) return; // signed out meanwhile
    this.signedIn.set({ status: "signed_in", user, admin });
    this.link.start();
  }

  private onHello(hello: HelloResult): void {
    this.credentials.know(hello.user, hello.admin);
    this.signedIn.set({ status: "signed_in", user: hello.user, admin: hello.admin });
    this.store.onHello(hello);
    this.queue.resume();
    this.presence.onHello();
    this.delivered.onHello();
    this.calls.onHello(hello);
  }

  private leave(reason: SignOutReason | null, { forget = true } = {}): void {
    const user = this.store.me.get();
    this.drafts.end(forget);
    if (forget) this.credentials.forget();
    this.link.stop();
    this.calls.leave();
    this.queue.end();
    this.local.end();
    for (const part of [this.presence, this.typing, this.schedule, this.delivered]) part.clear();
    if (forget && user) void this.local.forget(user.id);
    this.store.setMe(null);
    this.signedIn.set({ status: "signed_out", reason });
  }
}
