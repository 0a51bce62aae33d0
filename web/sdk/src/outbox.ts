/** Messages of this person that the server has not acknowledged: those acts of the queue. */
import { isAct, type Act } from "./act";
import { randomId } from "./environment";
import { Value, type Readable } from "./observable";
import type { MessageSend } from "./protocol";
import type { Queue } from "./queue";

export interface OutgoingMessage {
  readonly client_id: string;
  readonly conversation_id: string;
  /** This person. */
  readonly sender: string;
  readonly text: string;
  readonly reply_to: number;
  readonly mentions: readonly string[];
  /** The id of an uploaded file; "" for none. */
  readonly file: string;
  /** Wall clock here, milliseconds. */
  readonly created_at: number;
  readonly state: "sending" | "failed";
  /** Why it failed: sending it again as it is will hardly help. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface NewMessage {
  conversationId: string;
  text: string;
  replyTo?: number;
  mentions?: readonly string[];
  /** Everybody in the group is mentioned; needs the permission. */
  mentionsAll?: boolean;
  /** Nobody is notified. */
  silent?: boolean;
  /** So long after it was sent its text is gone, for everybody. 0: never. */
  expiresInS?: number;
  /** The id of an uploaded file; then `text` may be empty. */
  file?: string;
}

export type OutgoingByConversation = ReadonlyMap<string, readonly OutgoingMessage[]>;

export class Outbox {
  private readonly shown = new Value<OutgoingByConversation>(new Map());
  private made = new WeakMap<Act, OutgoingMessage>();

  constructor(private readonly queue: Queue) {
    queue.acts.subscribe((acts) => this.show(acts));
  }

  get messages(): Readable<OutgoingByConversation> {
    return this.shown;
  }

  /** Queue a message, shown in its thread at once. Returns its client_id. */
  send(message: NewMessage): string {
    const client_id = randomId();
    const params: MessageSend = { ...asParams(message), client_id };
    return this.queue.add("message.send", params, { lane: message.conversationId, clientId: client_id });
  }

  /** Send a failed message once more, after those that are waiting. */
  retry(clientId: string): void {
    this.queue.retry(clientId);
  }

  /** Forget a failed message. One that is being sent stays: the server may have it already. */
  discard(clientId: string): void {
    this.queue.drop(clientId);
  }

  private show(acts: readonly Act[]): void {
    const all = new Map<string, readonly OutgoingMessage[]>();
    for (const act of acts) {
      if (!isAct(act, "message.send")) continue;
      const id = act.params.conversation_id;
      all.set(id, [...(all.get(id) ?? []), this.message(act)]);
    }
    const before = this.shown.get();
    for (const [id, messages] of all) {
      const last = before.get(id);
      if (last?.length === messages.length && messages.every((one, at) => one === last[at])) all.set(id, last);
    }
    const same = before.size === all.size && [...all].every(([id, messages]) => before.get(id) === messages);
    if (!same) this.shown.set(all);
  }

  private message(act: Act<"message.send">): OutgoingMessage {
    let message = this.made.get(act);
    if (message === undefined) this.made.set(act, (message = asMessage(act)));
    return message;
  }
}

/** What `message.send` and `schedule.put` have in common. */
export function asParams(message: NewMessage): Omit<MessageSend, "client_id"> {
  const { conversationId, text, replyTo = 0, mentions = [] } = message;
  const params: Omit<MessageSend, "client_id"> = {
    conversation_id: conversationId,
    text,
    reply_to: replyTo,
    mentions: [...mentions],
  };
  if (message.mentionsAll) params.mentions_all = true;
  if (message.silent) params.silent = true;
  if (message.expiresInS) params.expires_in_s = message.expiresInS;
  if (message.file) params.file = message.file;
  return params;
}

function asMessage(act: Act<"message.send">): OutgoingMessage {
  const { conversation_id, text, reply_to = 0, mentions = [], file = "" } = act.params;
  return {
    client_id: act.client_id,
    conversation_id,
    sender: act.user,
    text,
    reply_to,
    mentions,
    file,
    created_at: act.made_at,
    state: act.state === "refused" ? "failed" : "sending",
    error: act.error,
  };
}
