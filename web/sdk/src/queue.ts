/**
 * Everything this person did that the server has not answered: stored before it is sent, in order
 * within a lane, sent again after every loss until there is an answer, always under one client_id.
 *
 * All tabs of a browser show the same acts; one of them sends (`Turn`). What a tab had begun when
 * it was closed, the next one sends.
 */
import type { Act } from "./act";
import type { Ask } from "./ask";
import type { Database } from "./database";
import { randomId } from "./environment";
import { ParlorError, asParlorError } from "./errors";
import { Happening, Value, type Readable } from "./observable";
import type { MethodName, Methods } from "./protocol";
import type { Siblings } from "./siblings";
import type { Turn } from "./turn";

/** What the queue needs to know of an act besides the request. */
export interface Making {
  lane: string;
  /** Takes the place of an act with the same slot that waits; its params are kept under the new ones. */
  slot?: string;
  clientId?: string;
}

export interface Answer<M extends MethodName = MethodName> {
  act: Act<M>;
  result: Methods[M]["result"];
}

/** Who made an act here and waits for what becomes of it. */
interface Waiter {
  resolve(result: unknown): void;
  reject(error: ParlorError): void;
}

const RETRY_MS = 1_000;
const RETRY_AT_MOST_MS = 30_000;
/** A read position or a draft that is refused is nothing a person could do anything about. */
const SILENT: ReadonlySet<MethodName> = new Set<MethodName>(["read.set", "draft.set"]);

export class Queue {
  private readonly shown = new Value<readonly Act[]>([]);
  /** The server has it, told before the act leaves the queue; in every tab. */
  readonly answered = new Happening<Answer>();
  private readonly draining = new Set<string>();
  private readonly waiters = new Map<string, Waiter>();
  /** Those that are stored and this tab's to send when it is its turn. */
  private readonly ready = new Set<string>();
  private user = "";
  private tab = "";
  private lastOrder = 0;

  constructor(
    private readonly ask: Ask,
    private readonly database: Database,
    private readonly siblings: Siblings,
    private readonly turn: Turn,
  ) {
    siblings.heard.on((word) => {
      if (word.what === "act") void this.hear(word.act);
      else this.settle(word.act, word.what === "done" ? word.result : null);
    });
  }

  /** In the order they are sent in, refused ones included. */
  get acts(): Readable<readonly Act[]> {
    return this.shown;
  }

  /** Do something as soon as it can be done. Returns its client_id; a refusal shows in `acts`. */
  add<M extends MethodName>(method: M, params: Methods[M]["params"], making: Making): string {
    const { lane, slot = "", clientId = randomId() } = making;
    const before = slot === "" ? undefined : this.waitingIn(slot);
    const act: Act = {
      client_id: clientId,
      user: this.user,
      tab: this.tab,
      lane,
      slot,
      method,
      params: { ...before?.params, ...params } as Methods[M]["params"],
      made_at: Date.now(),
      order: this.nextOrder(),
      state: "waiting",
      error: null,
    };
    this.begun(act);
    return clientId;
  }

  /**
   * As `add`, for who wants to know: resolves when the server has answered, however long that
   * takes, and rejects with its refusal, which then is not kept. `aborted` when it was dropped
   * or the person signed out.
   */
  do<M extends MethodName>(method: M, params: Methods[M]["params"], making: Making): Promise<Methods[M]["result"]> {
    return new Promise((resolve, reject) => {
      const clientId = making.clientId ?? randomId();
      this.waiters.set(clientId, { resolve: resolve as (result: unknown) => void, reject });
      this.add(method, params, { ...making, clientId });
    });
  }

  /** Send a refused act once more, after those that wait. */
  retry(clientId: string): void {
    const refused = this.find(clientId);
    if (refused?.state === "refused") {
      this.begun({ ...refused, state: "waiting", error: null, order: this.nextOrder() });
    }
  }

  /** Forget a refused act. One that is being sent stays: the server may have done it already. */
  drop(clientId: string): void {
    const act = this.find(clientId);
    if (act?.state !== "refused") return;
    this.siblings.say({ what: "dropped", act });
    this.settle(act, null);
  }

  /** What has the last word in a slot so far. */
  waitingIn(slot: string): Act | undefined {
    return this.shown.get().findLast((act) => act.slot === slot && act.state === "waiting");
  }

  // What follows is called by the client that owns the queue, not by apps.

  /** Resolves when what was left by earlier visits is shown. */
  async begin(user: string, tab: string): Promise<void> {
    this.end();
    this.user = user;
    this.tab = tab;
    await this.load();
  }

  /** There is a link: send what waits, unless another tab does. */
  resume(): void {
    if (this.user !== "") this.turn.wait(`parlor.sends.${this.user}`);
  }

  /** There is none: a tab that has one may send. */
  pause(): void {
    this.turn.giveUp();
  }

  /** It is this tab's turn: what the last one left is where it was stored. */
  async takeOver(): Promise<void> {
    await this.load();
    for (const lane of new Set(this.shown.get().map((act) => act.lane))) void this.drain(lane);
  }

  /** Nobody is signed in; what waits stays stored for when they come back. */
  end(): void {
    this.turn.giveUp();
    this.user = "";
    this.ready.clear();
    this.shown.set([]);
    for (const waiter of this.waiters.values()) waiter.reject(calledOff());
    this.waiters.clear();
  }

  /** The person signed out here: nothing of theirs stays. */
  async forget(user: string): Promise<void> {
    this.end();
    const acts = await this.database.read<Act>("outgoing");
    const theirs = acts.filter((act) => act.user === user);
    await this.database.write(theirs.map((act) => ({ store: "outgoing", delete: act.client_id })));
  }

  private async load(): Promise<void> {
    const { user } = this;
    const all = await this.database.read<Act>("outgoing");
    if (this.user !== user || user === "") return;
    for (const act of all.filter((one) => one.user === user).sort(byOrder)) {
      this.ready.add(act.client_id);
      if (!this.find(act.client_id)) this.show(act);
    }
  }

  private begun(act: Act): void {
    this.siblings.say({ what: "act", act });
    const kept = this.keep(act, this.outdatedBy(act));
    this.show(act);
    void kept.then(() => {
      this.ready.add(act.client_id);
      return this.drain(act.lane);
    });
  }

  /** Another tab has it. This one stores it too: that one may be gone before it could. */
  private async hear(act: Act): Promise<void> {
    const outdated = this.outdatedBy(act);
    this.show(act);
    if (!this.find(act.client_id)) return; // it is over by being shown
    if (!this.turn.exclusive) return; // that tab has a turn of its own
    await this.keep(act, outdated);
    this.ready.add(act.client_id);
    void this.drain(act.lane);
  }

  private async drain(lane: string): Promise<void> {
    if (!this.turn.held || this.draining.has(lane)) return;
    this.draining.add(lane);
    const { user } = this;
    let failures = 0;
    try {
      while (this.user === user && this.turn.held) {
        const next = this.next(lane);
        if (next === undefined) return;
        const error = await this.attempt(next);
        if (error === null) failures = 0;
        else if (error.code === "offline" || error.code === "signed_out") return;
        else if (error.retry) await pause(failures++, error.retryAfterS);
        else this.refuse(next, error);
      }
    } finally {
      this.draining.delete(lane);
    }
  }

  private next(lane: string): Act | undefined {
    const sendable = (act: Act): boolean => act.state === "waiting" && this.ready.has(act.client_id);
    return this.shown.get().find((act) => act.lane === lane && sendable(act));
  }

  private async attempt(act: Act): Promise<ParlorError | null> {
    try {
      const result = await this.ask(act.method, act.params);
      if (this.user !== act.user) return null;
      this.siblings.say({ what: "done", act, result });
      this.settle(act, result);
      return null;
    } catch (thrown) {
      return asParlorError(thrown);
    }
  }

  private refuse(act: Act, { code, message }: ParlorError): void {
    if (this.find(act.client_id) === undefined) return;
    const refused: Act = { ...act, state: "refused", error: { code, message } };
    this.siblings.say({ what: "act", act: refused });
    void this.keep(refused, []);
    this.show(refused);
  }

  /** It is over: with a result, or without when it was dropped. */
  private settle(act: Act, result: unknown): void {
    void this.database.write([{ store: "outgoing", delete: act.client_id }]);
    if (result !== null) this.answered.emit({ act, result: result as Answer["result"] });
    this.ready.delete(act.client_id);
    this.shown.set(this.shown.get().filter((one) => one.client_id !== act.client_id));
    const waiter = this.waiters.get(act.client_id);
    this.waiters.delete(act.client_id);
    if (result === null) waiter?.reject(calledOff());
    else waiter?.resolve(result);
  }

  /** Put in its place, or in the place of what it was before. */
  private show(act: Act): void {
    const waiter = this.waiters.get(act.client_id);
    if (act.state === "refused" && (waiter || SILENT.has(act.method))) {
      this.waiters.delete(act.client_id);
      this.siblings.say({ what: "dropped", act });
      this.settle(act, null);
      waiter?.reject(ParlorError.from(act.error ?? { code: "internal", message: "" }));
      return;
    }
    this.lastOrder = Math.max(this.lastOrder, act.order);
    const outdated = new Set(this.outdatedBy(act));
    const others = this.shown.get().filter((one) => one.client_id !== act.client_id && !outdated.has(one));
    this.shown.set([...others, act].sort(byOrder));
  }

  /** One that is on its way may be among them: what it does is done again by the newer one. */
  private outdatedBy(act: Act): readonly Act[] {
    if (act.slot === "") return [];
    return this.shown.get().filter((one) => one.slot === act.slot && one.state === "waiting" && one.order < act.order);
  }

  private find(clientId: string): Act | undefined {
    return this.shown.get().find((act) => act.client_id === clientId);
  }

  private keep(act: Act, outdated: readonly Act[]): Promise<boolean> {
    const gone = outdated.map(({ client_id }) => ({ store: "outgoing", delete: client_id }) as const);
    return this.database.write([{ store: "outgoing", put: act }, ...gone]);
  }

  private nextOrder(): number {
    return (this.lastOrder = Math.max(this.lastOrder + 1, Date.now()));
  }
}

function byOrder(one: Act, other: Act): number {
  return one.order - other.order;
}

function calledOff(): ParlorError {
  return new ParlorError("aborted", "This was called off.");
}

function pause(failures: number, retryAfterS: number): Promise<void> {
  const waitMs = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** failures);
  return new Promise((resolve) => setTimeout(resolve, Math.max(waitMs, retryAfterS * 1000)));
}
