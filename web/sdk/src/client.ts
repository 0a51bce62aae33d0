/**
 * Ties the parts together: who is signed in, one link, the store and what feeds it.
 *
 * Everything an app needs hangs off one `Parlor`; make one per page.
 */
import { Calls } from "./calls";
import { Credentials, type Kept } from "./credentials";
import { Database } from "./database";
import { Drafts, type KeptDraft } from "./drafts";
import { surroundings, type Environment } from "./environment";
import { ParlorError } from "./errors";
import { Link, type LinkEnd, type RequestOptions } from "./link";
import { Value, type Readable, type Stop } from "./observable";
import { Outbox, type Kept as KeptMessage } from "./outbox";
import type { HelloResult, Methods, Pushes, User } from "./protocol";
import { Rest, type NewAccount, type ServerView, type SetUpLinkView, type SignedIn } from "./rest";
import { Rooms } from "./rooms";
import { Store } from "./store";
import { Tab } from "./tab";

export interface ParlorOptions {
  /** Where the server is: scheme, host, port. The page's own origin when left out. */
  baseUrl?: string;
  /** Tells the server what connects, for its log. */
  client?: string;
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
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly calls: Calls;
  readonly rooms: Rooms;
  private readonly signedIn = new Value<SessionState>({ status: "unknown" });
  private readonly rest: Rest;
  private readonly credentials: Credentials;
  private readonly database: Database;
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
    this.store = new Store(ask, () => this.link.online);
    this.outbox = new Outbox(ask, this.database.table<KeptMessage>("outgoing"), (event) =>
      this.store.takeEvents([event]),
    );
    this.drafts = new Drafts(this.database.table<KeptDraft>("drafts"), environment.page);
    this.calls = new Calls(environment, this.link);
    this.rooms = new Rooms(this.link);
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

  signIn(account: { name: string; password: string }): Promise<User> {
    return this.enter(this.rest.signIn(account.name, account.password, this.credentials.device()));
  }

  /** Whom a one-time link is for. Refused with not_found when it is spent, expired or unknown. */
  setUpLink(token: string): Promise<SetUpLinkView> {
    return this.rest.setUpLink(token);
  }

  redeemSetUpLink(token: string, account: NewAccount): Promise<User> {
    return this.enter(this.rest.redeemSetUpLink(token, account, this.credentials.device()));
  }

  /**
   * Forget this person's messages, drafts and tokens in this browser, at once; then tell the
   * server, if it can be reached.
   */
  async signOut(): Promise<void> {
    const kept = this.credentials.kept();
    this.calls.leave();
    this.leave(null);
    if (kept === null) return;
    await Promise.all([
      this.outbox.forget(kept.user.id),
      this.drafts.forget(kept.user.id),
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
  async fetchJson<T>(method: string, path: string, body?: unknown): Promise<T> {
    const token = this.credentials.kept()?.token;
    if (token === undefined) throw new ParlorError("signed_out", "Nobody is signed in.");
    try {
      return await this.rest.call<T>(method, path, body, token);
    } catch (thrown) {
      if ((thrown as ParlorError).code !== "unauthenticated") throw thrown;
      const renewal = await this.credentials.renew(token);
      if (renewal === "refused") this.leave("expired");
      const fresh = this.credentials.kept()?.token;
      if (renewal !== "renewed" || fresh === undefined) throw thrown;
      return this.rest.call<T>(method, path, body, fresh);
    }
  }

  /** Let go of the link, the database and the tab's name; for tests and pages that end. */
  close(): void {
    this.link.close();
    this.calls.close();
    this.tab.close();
    void this.database.close();
  }

  private listen(): void {
    this.link.greeted.on((hello) => this.onHello(hello));
    this.link.ended.on((reason) => this.leave(reason));
    this.link.onPush("event", ({ event }) => this.store.onEvent(event));
    this.link.onPush("conversation", ({ conversation }) => this.store.takeRow(conversation));
    this.link.onPush("read", (read) => this.store.onRead(read));
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

  private async begin({ user, admin }: Kept): Promise<void> {
    this.store.setMe(user);
    this.who.instance = await this.tab.id;
    const drafts = this.drafts.begin(user.id);
    await this.outbox.begin(user.id, this.who.instance, await this.tab.living());
    await drafts;
    if (this.credentials.kept()?.user.id !== user.id) return; // signed out meanwhile
    this.signedIn.set({ status: "signed_in", user, admin });
    this.link.start();
  }

  private onHello(hello: HelloResult): void {
    this.credentials.know(hello.user, hello.admin);
    this.signedIn.set({ status: "signed_in", user: hello.user, admin: hello.admin });
    this.store.onHello(hello);
    this.outbox.resume();
    this.calls.onHello(hello);
  }

  private leave(reason: SignOutReason | null, { forget = true } = {}): void {
    if (forget) this.credentials.forget();
    this.link.stop();
    this.calls.leave();
    this.outbox.end();
    this.drafts.end();
    this.store.setMe(null);
    this.signedIn.set({ status: "signed_out", reason });
  }
}
