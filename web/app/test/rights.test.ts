import type { ConversationView, Event } from "@parlor/sdk";
import { describe, expect, test } from "vitest";

import { receiptOf } from "@/logic/receipts";
import { possible, silenced } from "@/logic/rights";

const NOW = 1_000_000_000;
const calm = { now: NOW, saidAt: 0, blocked: false, barred: false };
const limits = { recall_window_s: 120, edit_window_s: 3_600 };

function group(more: Partial<ConversationView> = {}): ConversationView {
  return { id: "c", kind: "group", role: "member", muted_until: 0, settings: {}, dissolved: false, peer: null, ...more } as ConversationView;
}
const said = (more: Partial<Event> = {}): Event => ({ conversation_id: "c", seq: 7, id: "e", kind: "message", sender: "me", sent_at: NOW - 60_000, text: "x", ...more });
const can = (event: Event, conversation = group(), state = undefined as Parameters<typeof possible>[1]) =>
  possible(event, state, conversation, "me", NOW, limits, silenced(conversation, calm));

describe("who may write", () => {
  test("each reason is told, and leaders may go on", () => {
    expect(silenced(group(), calm)).toBeNull();
    expect(silenced(group({ dissolved: true }), calm)?.why).toBe("dissolved");
    expect(silenced(group({ muted_until: NOW + 5 }), calm)).toEqual({ why: "muted", until: NOW + 5 });
    expect(silenced(group({ muted_until: 2 ** 53 - 1 }), calm)).toEqual({ why: "muted" });
    expect(silenced(group({ settings: { read_only: true } }), calm)?.why).toBe("channel");
    expect(silenced(group({ settings: { all_muted: true } }), calm)?.why).toBe("all_muted");
    expect(silenced(group({ settings: { all_muted: true }, role: "administrator" }), calm)).toBeNull();
    expect(silenced(group({ settings: { permissions: { send: "owner" } as never }, role: "administrator" }), calm)?.why).toBe("not_you");
    expect(silenced(group({ kind: "direct" }), { ...calm, blocked: true })?.why).toBe("blocked");
    expect(silenced(group({ kind: "direct" }), { ...calm, barred: true })?.why).toBe("barred");
  });

  test("slow mode ends by itself, and not for leaders", () => {
    const slow = { slow_mode_s: 30 };
    expect(silenced(group({ settings: slow }), { ...calm, saidAt: NOW - 10_000 })).toEqual({ why: "slow", until: NOW + 20_000 });
    expect(silenced(group({ settings: slow }), { ...calm, saidAt: NOW - 30_000 })).toBeNull();
    expect(silenced(group({ settings: slow, role: "owner" }), { ...calm, saidAt: NOW })).toBeNull();
    // The server's clock is a little ahead of what is known of it here.
    expect(silenced(group({ settings: slow }), { ...calm, saidAt: NOW + 200 })).toEqual({ why: "slow", until: NOW + 30_000 });
  });
});

describe("what a menu offers", () => {
  test("one's own may be edited and taken back while that is allowed", () => {
    expect(can(said())).toMatchObject({ edit: true, recall: true, pin: false, forward: true });
    expect(can(said({ sent_at: NOW - 121_000 }))).toMatchObject({ edit: true, recall: false });
    expect(can(said({ sent_at: NOW - 3_601_000 }))).toMatchObject({ edit: false });
    expect(can(said({ sender: "you" }))).toMatchObject({ edit: false, recall: false });
    expect(can(said({ sender: "you" }), group({ role: "administrator" }))).toMatchObject({ edit: false, recall: true, pin: true });
  });

  test("nothing can be done with what is gone, and what disappears stays here", () => {
    const gone = can(said(), group(), { seq: 7, changed_seq: 8, recalled_by: "me" });
    expect(Object.values(gone).some(Boolean)).toBe(false);
    expect(can(said({ expires_at: NOW + 1 }))).toMatchObject({ forward: false, copy: true });
    expect(can(said({ expires_at: NOW }))).toMatchObject({ copy: false, reply: false });
    expect(can(said({ forwarded: { sender: "x", sent_at: 1 } }))).toMatchObject({ edit: false });
  });
});

test("a receipt goes from sending to read, in a group no further than sent", () => {
  const direct = { kind: "direct", peer_read_seq: 3, peer_delivered_seq: 5 } as const;
  expect(receiptOf(null, { state: "sending" }, direct)).toBe("sending");
  expect([6, 5, 4, 3].map((seq) => receiptOf({ seq }, null, direct))).toEqual(["sent", "delivered", "delivered", "read"]);
  expect(receiptOf({ seq: 1 }, null, { ...direct, kind: "group" })).toBe("sent");
});
