import { IDBKeyRange } from "fake-indexeddb";
import type { Ask } from "../../src/ask";
import { Database } from "../../src/database";
import { Drafts } from "../../src/drafts";
import { surroundings } from "../../src/environment";
import { KEEP, LocalStore, type KeepLimits } from "../../src/local_store";
import { Outbox } from "../../src/outbox";
import type { User } from "../../src/protocol";
import { Queue } from "../../src/queue";
import { Siblings } from "../../src/siblings";
import { Store } from "../../src/store";
import { Turn } from "../../src/turn";
import { FakeChannels, FakeLocks } from "./browser";
import { ANN, type Chat } from "./chat";

// A browser has it beside its IDBFactory.
globalThis.IDBKeyRange = IDBKeyRange;

/** What the tabs of one browser share. */
export class Browser {
  readonly locks = new FakeLocks();
  readonly channels = new FakeChannels();
  constructor(readonly factory: IDBFactory | null = null) {}
}

export interface Circumstances {
  browser?: Browser;
  user?: User;
  /** How requests go, in place of straight to the chat; `sendAsk` those of the queue only. */
  ask?: Ask;
  sendAsk?: Ask;
  keep?: Partial<KeepLimits>;
  /** False: tabs of this browser cannot know of each other. */
  locks?: boolean;
  /** The chat pushes what happens to this tab. */
  pushes?: boolean;
}

/** One tab with everything but a link, which is the chat itself. */
export class Page {
  readonly target = new EventTarget();
  readonly database: Database;
  readonly local: LocalStore;
  readonly queue: Queue;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  private readonly siblings: Siblings;
  private readonly user: User;
  private readonly unlisten: (() => void)[];

  constructor(
    readonly chat: Chat,
    how: Circumstances = {},
  ) {
    const { browser = new Browser(), user = ANN, ask = chat.ask, locks = true, pushes = false } = how;
    const { sendAsk = ask } = how;
    const environment = surroundings({ openChannel: browser.channels.openChannel });
    this.user = user;
    this.database = new Database(browser.factory);
    this.local = new LocalStore(this.database, { ...KEEP, ...how.keep }, this.target);
    this.siblings = new Siblings(environment, () => this.store.me.get()?.id ?? "");
    const turn = new Turn(locks ? browser.locks : null, () => void this.queue.takeOver());
    this.queue = new Queue(sendAsk, this.database, this.siblings, turn);
    this.store = new Store(ask, () => chat.online, this.queue, this.local);
    this.outbox = new Outbox(this.queue);
    this.drafts = new Drafts(this.queue, this.store.entries, this.target);
    this.outbox.messages.subscribe((messages) => this.store.setOutgoing(messages));
    this.unlisten = [
      chat.events.on((event) => pushes && chat.online && this.store.onEvent(event)),
      chat.entries.on((entry) => pushes && chat.online && this.store.onSelf(entry)),
    ];
  }

  /** What is here is shown; no link yet. */
  async begin(): Promise<this> {
    await Promise.all([this.queue.begin(this.user.id, "tab"), this.store.begin(this.user)]);
    return this;
  }

  /** There is a link. */
  greet(hello = this.chat.hello()): void {
    this.store.onHello(hello);
    this.queue.resume();
  }

  /** The tab is closed at once: nothing of it runs on, what it had begun to store is stored. */
  close(): void {
    for (const stop of this.unlisten) stop();
    this.siblings.close();
    this.queue.end();
    this.local.end();
  }
}
