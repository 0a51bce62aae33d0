import type { ConversationView } from "@parlor/sdk";
import { describe, expect, test } from "vitest";

import { isOver, may, runs, silence } from "@/logic/rights";

function group(own: Partial<ConversationView> = {}): ConversationView {
  return { kind: "group", dissolved: false, role: "member", settings: {}, muted_until: 0, ...own } as ConversationView;
}

describe("what a member may do", () => {
  test("is what the group says, and else the usual", () => {
    expect(may(group(), "invite")).toBe(true);
    expect(may(group(), "remove_members")).toBe(false);
    expect(may(group({ settings: { permissions: { invite: "administrator" } as never } }), "invite")).toBe(false);
    expect(may(group({ settings: { permissions: { mute: "owner" } as never }, role: "administrator" }), "mute")).toBe(false);
  });

  test("is nothing in a dissolved group or between two people", () => {
    expect(may(group({ dissolved: true, role: "owner" }), "invite")).toBe(false);
    expect(may(group({ kind: "direct", role: "owner" }), "invite")).toBe(false);
    expect(runs(group({ dissolved: true, role: "owner" }))).toBe(false);
  });

  test("to another depends on both roles", () => {
    expect(isOver("administrator", "member")).toBe(true);
    expect(isOver("administrator", "administrator")).toBe(false);
    expect(isOver("owner", "administrator")).toBe(true);
    expect(isOver("owner", "owner")).toBe(false);
  });
});

describe("why one may not write", () => {
  test.each([
    [group(), null],
    [group({ dissolved: true, muted_until: 9 }), "dissolved"],
    [group({ muted_until: 9 }), "muted"],
    [group({ muted_until: 5 }), null],
    [group({ settings: { read_only: true, all_muted: true } }), "read_only"],
    [group({ settings: { all_muted: true } }), "all_muted"],
    [group({ settings: { all_muted: true }, role: "administrator" }), null],
    [group({ settings: { permissions: { send: "administrator" } as never } }), "not_allowed"],
    [group({ kind: "direct" }), null],
  ])("case %#", (conversation, why) => {
    expect(silence(conversation, 5)).toBe(why);
  });
});
