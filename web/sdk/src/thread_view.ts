import type { ParlorError } from "./errors";
import type { States } from "./message_states";
import type { OutgoingMessage } from "./outbox";
import type { ConversationView, Event } from "./protocol";

export interface ThreadView {
  conversation: ConversationView | null;
  /** Ascending, without holes. Those that are about a message (`isAboutMessage`) are no lines. */
  events: readonly Event[];
  /** The newest ones, whatever is looked at. The same as `events` unless there are `newer`. */
  latest: readonly Event[];
  /** How messages stand now to which something has happened, by seq; also what is on its way. */
  states: States;
  /** This person's own that have no place in `latest` yet: draw them after those. */
  outgoing: readonly OutgoingMessage[];
  /** There are older ones than the first of `events`. */
  more: boolean;
  loadingOlder: boolean;
  /** There are newer ones than the last of `events`: somebody has gone to an old message. */
  newer: boolean;
  loadingNewer: boolean;
  status: "empty" | "loading" | "ready" | "failed";
  error: ParlorError | null;
}

export const NOTHING: ThreadView = {
  conversation: null,
  events: [],
  latest: [],
  states: new Map(),
  outgoing: [],
  more: false,
  loadingOlder: false,
  newer: false,
  loadingNewer: false,
  status: "empty",
  error: null,
};

export function isSame(one: ThreadView, other: ThreadView): boolean {
  const keys = Object.keys(one) as (keyof ThreadView)[];
  return keys.every((key) => one[key] === other[key]);
}

/**
 * What is on its way, and what is stored but waits for a hole before it to be filled (`ahead`);
 * without those that have their place, by client id. `last` itself when nothing has changed.
 */
export function withoutPlace(
  outgoing: readonly OutgoingMessage[],
  ahead: readonly Event[],
  placed: ReadonlySet<string>,
  me: string,
  last: readonly OutgoingMessage[],
): readonly OutgoingMessage[] {
  const waiting = ahead.filter((event) => event.sender === me && event.client_id);
  const stored = new Set(waiting.map((event) => event.client_id));
  const all = [
    ...waiting.map(asOutgoing),
    ...outgoing.filter(({ client_id }) => !placed.has(client_id) && !stored.has(client_id)),
  ];
  const same = all.length === last.length && all.every((message, at) => sameMessage(message, last[at]));
  return same ? last : all;
}

function sameMessage(one: OutgoingMessage, other: OutgoingMessage | undefined): boolean {
  if (one === other) return true;
  return one.client_id === other?.client_id && one.state === other.state && one.error === other.error;
}

function asOutgoing(event: Event): OutgoingMessage {
  return {
    client_id: event.client_id ?? "",
    conversation_id: event.conversation_id,
    sender: event.sender,
    text: event.text ?? "",
    reply_to: event.reply_to ?? 0,
    mentions: event.mentions ?? [],
    file: event.file?.id ?? "",
    created_at: event.sent_at,
    state: "sending",
    error: null,
  };
}
