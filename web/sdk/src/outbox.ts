import type { Ask } from "./ask";
import type { Table } from "./database";
import { randomId } from "./environment";
import type { ParlorError } from "./errors";
import { Value, type Readable } from "./observable";
import type { Event } from "./protocol";

/** A message of this person that the server has not acknowledged. */
export interface OutgoingMessage {
  readonly client_id: string;
  readonly conversation_id: string;
  /** This person. */
  readonly sender: string;
  readonly text: string;
  readonly reply_to: number;
  readonly mentions: readonly string[];
  /** Wall clock here, milliseconds. */
  readonly created_at: number;
  readonly state: "sending" | "failed";
  /** Why it failed: sending it again as it is will hardly help. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** As stored: whose it is, and which tab looks after it. */
export interface Kept {
  client_id: string;
  user: string;
  tab: string;
  message: OutgoingMessage;
}

export interface NewMessage {
  conversationId: string;
  text: string;
  replyTo?: number;
  mentions?: readonly string[];
}

export type OutgoingByConversation = ReadonlyMap<string, readonly OutgoingMessage[]>;

const RETRY_MS = 1_000;
const RETRY_AT_MOST_MS = 30_000;

/**
 * Messages on their way out: stored until acknowledged, in order within a conversation, always
 * under the same client_id, so that sending twice is one message.
 *
 * Each tab sends its own; what a closed tab left behind is taken over by the next that starts.
 */
export class Outbox {
  private readonly shown = new Value<OutgoingByConversation>(new Map());
  private sending = new Set<string>();
  private user = "";
  private tab = "";

  constructor(
    private readonly ask: Ask,
    private readonly table: Table<Kept>,
    /** The server has it: called before the message leaves the outbox. */
    private readonly stored: (event: Event) => void,
  ) {}

  get messages(): Readable<OutgoingByConversation> {
    return this.shown;
  }

  /** Queue a message, shown in its thread at once. Returns its client_id. */
  send({ conversationId, text, replyTo = 0, mentions = [] }: NewMessage): string {
    const message: OutgoingMessage = {
      client_id: randomId(),
      conversation_id: conversationId,
      sender: this.user,
      text,
      reply_to: replyTo,
      mentions: [...mentions],
      created_at: Date.now(),
      state: "sending",
      error: null,
    };
    this.keep(message);
    this.change(conversationId, (messages) => [...messages, message]);
    void this.drain(conversationId);
    return message.client_id;
  }

  /** Send a failed message once more, after those that are waiting. */
  retry(clientId: string): void {
    const failed = this.find(clientId);
    if (failed?.state !== "failed") return;
    const message: OutgoingMessage = { ...failed, state: "sending", error: null };
    this.keep(message);
    this.change(failed.conversation_id, (messages) => [...messages.filter((one) => one !== failed), message]);
    void this.drain(failed.conversation_id);
  }

  /** Forget a failed message. One that is being sent stays: the server may have it already. */
  discard(clientId: string): void {
    const message = this.find(clientId);
    if (message?.state === "failed") this.remove(message);
  }

  // What follows is called by the client that owns the outbox, not by apps.

  /** `user` signed in in `tab`. `livingTabs` is null when tabs do not know each other. */
  async begin(user: string, tab: string, livingTabs: ReadonlySet<string> | null): Promise<void> {
    this.end();
    this.user = user;
    this.tab = tab;
    const all = await this.table.all();
    if (this.user !== user) return;
    const left = all
      .filter((kept) => kept.user === user && (kept.tab === tab || !livingTabs?.has(kept.tab)))
      .sort((one, other) => one.message.created_at - other.message.created_at);
    for (const { message } of left) {
      if (this.find(message.client_id)) continue;
      this.keep(message);
      this.change(message.conversation_id, (messages) => inOrder([...messages, message]));
    }
    this.resume();
  }

  /** There is a link: send what waits. */
  resume(): void {
    for (const id of this.shown.get().keys()) void this.drain(id);
  }

  /** Nobody is signed in; what waits stays stored for when they come back. */
  end(): void {
    this.user = "";
    this.shown.set(new Map());
  }

  /** The person signed out here: nothing of theirs stays. */
  async forget(user: string): Promise<void> {
    this.end();
    for (const kept of await this.table.all()) if (kept.user === user) this.table.delete(kept.client_id);
  }

  private async drain(id: string): Promise<void> {
    if (this.sending.has(id)) return;
    this.sending.add(id);
    let failures = 0;
    try {
      for (;;) {
        const next = this.shown.get().get(id)?.find((message) => message.state === "sending");
        if (next === undefined) return;
        const error = await this.attempt(next);
        if (error === null) failures = 0;
        else if (error.code === "offline" || error.code === "signed_out") return;
        else if (error.retry) await pause(failures++, error.retryAfterS);
        else this.fail(next, error);
      }
    } finally {
      this.sending.delete(id);
    }
  }

  private async attempt(message: OutgoingMessage): Promise<ParlorError | null> {
    const { client_id, conversation_id, text, reply_to, mentions } = message;
    const { user } = this;
    try {
      const { event } = await this.ask("message.send", { conversation_id, client_id, text, reply_to, mentions });
      if (this.user !== user) return null;
      this.stored(event);
      this.remove(message);
      return null;
    } catch (thrown) {
      return thrown as ParlorError;
    }
  }

  private fail(message: OutgoingMessage, error: ParlorError): void {
    const failed: OutgoingMessage = {
      ...message,
      state: "failed",
      error: { code: error.code, message: error.message },
    };
    if (this.find(message.client_id) === undefined) return;
    this.keep(failed);
    this.change(message.conversation_id, (messages) => messages.map((one) => (one === message ? failed : one)));
  }

  private remove(message: OutgoingMessage): void {
    this.table.delete(message.client_id);
    this.change(message.conversation_id, (messages) => messages.filter((one) => one !== message));
  }

  private find(clientId: string): OutgoingMessage | undefined {
    for (const messages of this.shown.get().values()) {
      const found = messages.find((message) => message.client_id === clientId);
      if (found) return found;
    }
    return undefined;
  }

  private keep(message: OutgoingMessage): void {
    this.table.put({ client_id: message.client_id, user: this.user, tab: this.tab, message });
  }

  private change(id: string, how: (messages: readonly OutgoingMessage[]) => readonly OutgoingMessage[]): void {
    const all = new Map(this.shown.get());
    const messages = how(all.get(id) ?? []);
    if (messages.length > 0) all.set(id, messages);
    else all.delete(id);
    this.shown.set(all);
  }
}

function inOrder(messages: OutgoingMessage[]): OutgoingMessage[] {
  return messages.sort((one, other) => one.created_at - other.created_at);
}

function pause(failures: number, retryAfterS: number): Promise<void> {
  const waitMs = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** failures);
  return new Promise((resolve) => setTimeout(resolve, Math.max(waitMs, retryAfterS * 1000)));
}
