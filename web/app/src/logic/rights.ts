/** What a member may do, as the server will decide: so that nothing is offered that it refuses. Pure. */
import type { ConversationView, Event, Limits, MessageState, Permission } from "@parlor/sdk";

import { atLeast, leastRole } from "./group_rights";

const OF_BOTH: readonly Permission[] = ["send", "pin", "see_members"];

export function may(conversation: ConversationView, permission: Permission): boolean {
  if (conversation.dissolved) return false;
  if (conversation.kind === "direct") return OF_BOTH.includes(permission);
  return atLeast(conversation.role, leastRole(conversation.settings, permission));
}

/** Why nothing can be written here right now, and until when (Unix ms) where that is known. */
export interface Silenced {
  why: "dissolved" | "blocked" | "barred" | "muted" | "channel" | "all_muted" | "not_you" | "slow";
  until?: number;
}

export interface Circumstances {
  now: number;
  /** When this person last said something here; 0: not known to have. */
  saidAt: number;
  /** This person blocks the other one. */
  blocked: boolean;
  /** The other person was seen to take nothing from this one. */
  barred: boolean;
}

/** Further away than this is for good. */
const FOR_EVER = 2 ** 53 - 1;

export function silenced(conversation: ConversationView, { now, saidAt, blocked, barred }: Circumstances): Silenced | null {
  const { settings, role } = conversation;
  if (conversation.dissolved) return { why: "dissolved" };
  if (conversation.kind === "direct") return blocked ? { why: "blocked" } : barred ? { why: "barred" } : null;
  if (now < conversation.muted_until) {
    return conversation.muted_until < FOR_EVER ? { why: "muted", until: conversation.muted_until } : { why: "muted" };
  }
  if (role === "member" && settings.read_only) return { why: "channel" };
  if (role === "member" && settings.all_muted) return { why: "all_muted" };
  if (!may(conversation, "send")) return { why: "not_you" };
  const waitMs = (settings.slow_mode_s ?? 0) * 1000;
  // A clock that is a little behind has it said in the future: the wait is then still whole.
  const until = Math.min(saidAt, now) + waitMs;
  if (role === "member" && waitMs > 0 && now < until && saidAt - now <= waitMs) return { why: "slow", until };
  return null;
}

/** What can be done with one message. */
export interface Possible {
  reply: boolean;
  edit: boolean;
  recall: boolean;
  react: boolean;
  pin: boolean;
  forward: boolean;
  copy: boolean;
  readers: boolean;
}

export function possible(
  event: Event,
  state: MessageState | undefined,
  conversation: ConversationView,
  me: string,
  now: number,
  limits: Pick<Limits, "recall_window_s" | "edit_window_s">,
  quiet: Silenced | null,
): Possible {
  const own = event.sender === me;
  const gone = isGone(event, state, now);
  const age = (now - event.sent_at) / 1000;
  const alive = !conversation.dissolved;
  const writes = quiet === null || quiet.why === "slow";
  const forwarded = !!event.forwarded || (event.merged?.length ?? 0) > 0;
  const muted = quiet !== null && ["muted", "blocked", "barred"].includes(quiet.why);
  return {
    reply: !gone && alive && writes,
    edit: !gone && own && !forwarded && alive && writes && (limits.edit_window_s === 0 || age < limits.edit_window_s),
    recall: !gone && alive && ((own && age < limits.recall_window_s) || may(conversation, "recall_others")),
    react: !gone && alive && !muted,
    pin: !gone && may(conversation, "pin"),
    forward: !gone && !event.expires_at,
    copy: !gone && said(event, state) !== "",
    readers: own && !gone && conversation.kind === "group" && may({ ...conversation, dissolved: false }, "see_members"),
  };
}

/** Taken back, or its time is over: nobody can read it any more. */
export function isGone(event: Event, state: MessageState | undefined, now: number): boolean {
  return !!state?.recalled_by || (!!event.expires_at && event.expires_at <= now);
}

/** What a message says now. */
export function said(event: Event, state: MessageState | undefined): string {
  return state?.recalled_by ? "" : (state?.text ?? event.text ?? "");
}
