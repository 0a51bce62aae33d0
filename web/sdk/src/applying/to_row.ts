/**
 * What an event makes of a conversation's facts, as far as one's row in the list shows them: one
 * function per kind, the same that the server does with its snapshot.
 *
 * Pure. Whoever calls it has every event before this one applied already, or knows better.
 */
import type { ConversationView, Event, EventKind } from "../protocol";

type Change = Partial<ConversationView>;
type Apply = (row: ConversationView, event: Event, me: string) => Change;

/** The facts of `row` after `event`. Counting what is unread is not done here. */
export function applyToRow(row: ConversationView, event: Event, me: string): ConversationView {
  const change = CHANGES[event.kind]?.(row, event, me) ?? {};
  return {
    ...row,
    ...change,
    last_seq: event.seq,
    last_event: event,
    active_at: Math.max(row.active_at, event.sent_at),
    // Only what somebody says brings it back.
    hidden: row.hidden && event.kind !== "message" && event.kind !== "call",
  };
}

/** Whether `event` takes `me` out of the conversation. */
export function excludes(event: Event, me: string): boolean {
  return event.kind === "left" && (event.members?.includes(me) ?? false);
}

const CHANGES: { readonly [K in EventKind]?: Apply } = {
  created: (row, event) => ({ title: event.title || row.title, member_count: event.members?.length ?? row.member_count }),
  joined,
  left: (row, event) => ({ member_count: row.member_count - people(event) }),
  title: (_row, event) => ({ title: event.title ?? "" }),
  settings: (row, event) => ({ settings: event.settings ?? row.settings }),
  announcement: (_row, event) => ({ announcement: event.text ?? "" }),
  avatar: (_row, event) => ({ avatar: event.avatar ?? "" }),
  dissolved: () => ({ dissolved: true }),
  role: roleGiven,
  mute: muted,
};

function joined(row: ConversationView, event: Event, me: string): Change {
  const change: Change = { member_count: row.member_count + people(event) };
  if (!event.members?.includes(me)) return change;
  const sinceJoined = row.settings.history === "since_joined";
  return { ...change, role: "member", muted_until: 0, history_from: sinceJoined ? event.seq : 0 };
}

/** Where an owner is made, the one who made them is an administrator from then on. */
function roleGiven(row: ConversationView, event: Event, me: string): Change {
  if (event.members?.includes(me)) return { role: event.role ?? "member" };
  return event.role === "owner" && event.sender === me ? { role: "administrator" } : { role: row.role };
}

function muted(row: ConversationView, event: Event, me: string): Change {
  const off = event.off ?? false;
  if (people(event) === 0) return { settings: { ...row.settings, all_muted: !off } };
  return event.members?.includes(me) ? { muted_until: off ? 0 : (event.until ?? 0) } : {};
}

function people(event: Event): number {
  return event.members?.length ?? 0;
}
