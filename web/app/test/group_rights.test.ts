import type { ConversationView } from "@parlor/sdk";
import { describe, expect, test } from "vitest";

import { isOver, runs } from "@/logic/group_rights";
import { may } from "@/logic/rights";

function group(own: Partial<ConversationView> = {}): ConversationView {
  return { kind: "group", dissolved: false, role: "member", settings: {}, ...own } as ConversationView;
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
