/**
 * What acts that are not answered yet will make of what is here, if they are taken: shown at
 * once, and gone by itself when an act leaves the queue or is refused. Pure.
 */
import { isAct, type Act } from "../act";
import type { ConversationView, Event, MessageState } from "../protocol";
import { applyToState } from "./to_state";

type States = ReadonlyMap<number, MessageState>;

/** The states of one conversation's messages with what `acts` will do to them. */
export function pendingStates(states: States, acts: readonly Act[], me: string): States {
  let after: Map<number, MessageState> | null = null;
  for (const act of acts) {
    const event = act.state === "waiting" ? asEvent(act) : null;
    if (event === null) continue;
    after ??= new Map(states);
    const seq = event.target ?? 0;
    const before = after.get(seq);
    // Behind everything that is known; nothing is stored from here.
    const state = applyToState(before, { ...event, seq: (before?.changed_seq ?? 0) + 1 }, me);
    if (state) after.set(seq, { ...state, changed_seq: before?.changed_seq ?? 0, edits: before?.edits ?? [] });
  }
  return after ?? states;
}

/** The row of a conversation with what `acts` will do to it. */
export function pendingRow(row: ConversationView, acts: readonly Act[]): ConversationView {
  let after = row;
  for (const act of acts) {
    if (act.state !== "waiting") continue;
    if (isAct(act, "conversation.set")) after = { ...after, ...arranged(after, act.params) };
    if (isAct(act, "read.set") && after.unread_mark) after = { ...after, unread_mark: false };
  }
  return after;
}

function arranged(row: ConversationView, wish: Act<"conversation.set">["params"]): Partial<ConversationView> {
  return {
    pinned: wish.pinned ?? row.pinned,
    notify: wish.notify ?? row.notify,
    hidden: wish.hidden ?? row.hidden,
    unread_mark: wish.unread_mark ?? row.unread_mark,
  };
}

function asEvent(act: Act): Event | null {
  const event = { id: "", sender: act.user, sent_at: act.made_at, client_id: act.client_id };
  if (isAct(act, "message.edit")) {
    const { conversation_id, seq, text, mentions = [] } = act.params;
    return { ...event, conversation_id, seq: 0, kind: "edit", target: seq, text, mentions };
  }
  if (isAct(act, "message.recall")) {
    const { conversation_id, seq } = act.params;
    return { ...event, conversation_id, seq: 0, kind: "recall", target: seq };
  }
  if (isAct(act, "message.react")) {
    const { conversation_id, seq, emoji, off = false } = act.params;
    return { ...event, conversation_id, seq: 0, kind: "reaction", target: seq, emoji, off };
  }
  if (isAct(act, "message.pin")) {
    const { conversation_id, seq, off = false } = act.params;
    return { ...event, conversation_id, seq: 0, kind: "pin", target: seq, off };
  }
  return null;
}
