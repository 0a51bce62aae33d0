/** Who is there, and how; and who is writing. Nothing of it is kept. */
import { Value, type Readable, type Stop } from "./observable";
import type { Ask } from "./ask";
import type { Presence, PresencePush, State, Status, TypingPush, Event } from "./protocol";

/** Told again this often while somebody goes on writing. */
const TYPING_EVERY_MS = 4_000;

/** How the people are there whom somebody looks at, over all their devices. */
export class Presences {
  private readonly shown = new Value<ReadonlyMap<string, Presence>>(new Map());
  private readonly watched = new Map<string, number>();
  private asked = "";
  private asking = false;

  constructor(
    private readonly ask: Ask,
    private readonly online: () => boolean,
  ) {}

  /** Those who are watched, by id. Without a link it is what was known last. */
  get known(): Readable<ReadonlyMap<string, Presence>> {
    return this.shown;
  }

  /** Keep `known` up to date for these people until stopped; several watchers add up. */
  watch(users: readonly string[]): Stop {
    for (const user of users) this.watched.set(user, (this.watched.get(user) ?? 0) + 1);
    void this.tell();
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      for (const user of users) {
        const left = (this.watched.get(user) ?? 1) - 1;
        if (left > 0) this.watched.set(user, left);
        else this.watched.delete(user);
      }
      void this.tell();
    };
  }

  /** Choose how to be there, on all one's devices, until something else is chosen. */
  async set(state: State, text = ""): Promise<Status> {
    return (await this.ask("presence.set", { state, text })).status;
  }

  // What follows is called by the client that owns it, not by apps.

  /** The server forgets with the connection who was watched. */
  onHello(): void {
    this.asked = "";
    void this.tell();
  }

  onPush({ users }: PresencePush): void {
    const all = new Map(this.shown.get());
    for (const one of users) if (this.watched.has(one.user_id)) all.set(one.user_id, one);
    this.shown.set(all);
  }

  clear(): void {
    this.asked = "";
    this.shown.set(new Map());
  }

  private async tell(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      for (;;) {
        await Promise.resolve(); // a list that is drawn watches all its rows first
        const users = [...this.watched.keys()].sort();
        const wish = users.join(",");
        if (wish === this.asked || !this.online()) return;
        const told = await this.ask("presence.watch", { users });
        this.asked = wish;
        this.shown.set(new Map(told.users.map((one) => [one.user_id, one])));
      }
    } catch {
      // Refused or cut off: the next watch or hello says it again.
    } finally {
      this.asking = false;
    }
  }
}

/** Who is writing where, until they stop saying so. */
export class Typing {
  private readonly shown = new Value<ReadonlyMap<string, readonly string[]>>(new Map());
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly told = new Map<string, number>();

  constructor(private readonly ask: Ask) {}

  /** User ids by conversation, in the order they began. */
  get now(): Readable<ReadonlyMap<string, readonly string[]>> {
    return this.shown;
  }

  /** To be called at each key press; tells the others now and then. */
  wrote(conversation_id: string): void {
    const now = Date.now();
    if (now - (this.told.get(conversation_id) ?? -Infinity) < TYPING_EVERY_MS) return;
    this.told.set(conversation_id, now);
    this.say(conversation_id, true);
  }

  /** The message itself says that its writer has stopped. */
  sent(conversation_id: string): void {
    this.told.delete(conversation_id);
  }

  /** What was written is gone. */
  stopped(conversation_id: string): void {
    if (this.told.delete(conversation_id)) this.say(conversation_id, false);
  }

  // What follows is called by the client that owns it, not by apps.

  onPush({ conversation_id, user_id, on, expires_in_s }: TypingPush): void {
    this.end(conversation_id, user_id);
    if (!on) return;
    const key = `${conversation_id}/${user_id}`;
    this.timers.set(key, setTimeout(() => this.end(conversation_id, user_id), expires_in_s * 1000));
    const writing = this.shown.get().get(conversation_id) ?? [];
    this.put(conversation_id, [...writing, user_id]);
  }

  /** A message says that its sender has stopped. */
  onEvent(event: Event): void {
    if (event.kind === "message") this.end(event.conversation_id, event.sender);
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.told.clear();
    this.shown.set(new Map());
  }

  private end(conversation: string, user: string): void {
    const key = `${conversation}/${user}`;
    if (!this.timers.has(key)) return;
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    this.put(conversation, (this.shown.get().get(conversation) ?? []).filter((one) => one !== user));
  }

  private put(conversation: string, users: readonly string[]): void {
    const all = new Map(this.shown.get());
    if (users.length > 0) all.set(conversation, users);
    else all.delete(conversation);
    this.shown.set(all);
  }

  private say(conversation_id: string, on: boolean): void {
    this.ask("typing.set", { conversation_id, on }).catch(() => undefined); // it is worth nothing later
  }
}
