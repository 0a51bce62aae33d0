/**
 * What an event makes of a message: one function per kind, the same that the server does.
 *
 * Pure. The server names only the first few who gave an emoji, so a state made here may name
 * fewer than the server's; how many there are, and whether one is among them, is exact.
 */
import type { Event, EventKind, MessageState, Reaction } from "../protocol";

const NAMED_REACTORS = 5;

type Apply = (state: MessageState, event: Event, me: string) => MessageState;

/** The message's state after `event`, which is about it; `state` itself when it knows already. */
export function applyToState(state: MessageState | undefined, event: Event, me: string): MessageState | undefined {
  const apply = CHANGES[event.kind];
  if (apply === undefined || !event.target) return state;
  if (state !== undefined && event.seq <= state.changed_seq) return state;
  const before = state ?? { seq: event.target, changed_seq: 0 };
  return { ...apply(before, event, me), changed_seq: event.seq };
}

/** The newer of two states of one message; of two of the same age `given`, which is the server's. */
export function newerState(here: MessageState | undefined, given: MessageState): MessageState {
  return here !== undefined && here.changed_seq > given.changed_seq ? here : given;
}

/** A message whose text is gone for everybody, as the server keeps it from then on. */
export function withoutContent(event: Event): Event {
  return { ...event, text: "", mentions: [], mentions_all: false, merged: [], forwarded: null, file: null };
}

/** Kinds that change a message that is there; lists draw them as part of it, not as a line. */
export function isAboutMessage(event: Event): boolean {
  return CHANGES[event.kind] !== undefined;
}

const CHANGES: { readonly [K in EventKind]?: Apply } = {
  edit: (state, event) => ({ ...state, text: event.text ?? "", edits: [...(state.edits ?? []), event.seq] }),
  // Nothing else is left of it: no versions, no reactions, no pin.
  recall: (state, event) => ({ seq: state.seq, changed_seq: event.seq, recalled_by: event.sender }),
  pin: (state, event) => ({ ...state, pinned: !event.off }),
  reaction: reacted,
};

function reacted(state: MessageState, event: Event, me: string): MessageState {
  const emoji = event.emoji ?? "";
  const all = state.reactions ?? [];
  const before = all.find((one) => one.emoji === emoji) ?? { emoji, count: 0, users: [], mine: false };
  const after = event.off ? taken(before, event.sender, me) : given(before, event.sender, me);
  if (after.count === 0) return { ...state, reactions: all.filter((one) => one.emoji !== emoji) };
  const known = all.some((one) => one.emoji === emoji);
  const reactions = known ? all.map((one) => (one.emoji === emoji ? after : one)) : [...all, after];
  return { ...state, reactions };
}

function given(reaction: Reaction, user: string, me: string): Reaction {
  const { users } = reaction;
  if (users.includes(user) || (user === me && reaction.mine)) return reaction;
  return {
    ...reaction,
    count: reaction.count + 1,
    users: users.length < NAMED_REACTORS ? [...users, user] : users,
    mine: reaction.mine || user === me,
  };
}

function taken(reaction: Reaction, user: string, me: string): Reaction {
  if (reaction.count === 0 || (user === me && !reaction.mine)) return reaction;
  return {
    ...reaction,
    count: reaction.count - 1,
    users: reaction.users.filter((one) => one !== user),
    mine: reaction.mine && user !== me,
  };
}
