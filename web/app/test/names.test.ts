import type { ConversationView, Event, User } from "@parlor/sdk";
import { beforeEach, describe, expect, test } from "vitest";

import { i18n } from "@/i18n";
import en from "@/i18n/en";
import zh from "@/i18n/zh";
import { happening, preview } from "@/logic/names";

const user = (id: string): User => ({ id, name: id, display_name: id[0]!.toUpperCase() + id.slice(1) });
const event = (kind: Event["kind"], sender: string, more: Partial<Event> = {}): Event => ({ conversation_id: "c", seq: 1, id: "c-1", kind, sender, sent_at: 1, ...more });
const told = (one: Event): string => happening(one, true, "me", user);
const row = (last_event: Event): ConversationView => ({ kind: "group", last_event }) as ConversationView;

beforeEach(() => {
  i18n.global.setLocaleMessage("en", en);
  i18n.global.setLocaleMessage("zh", zh);
  i18n.global.locale.value = "en";
});

describe("what happened, in a sentence", () => {
  test("whoever comes by themselves has joined, whoever is brought was added", () => {
    expect(told(event("joined", "zoe", { members: ["zoe"] }))).toBe("Zoe joined");
    expect(told(event("joined", "me", { members: ["me"] }))).toBe("You joined");
    expect(told(event("joined", "ada", { members: ["zoe", "me"] }))).toBe("Ada added Zoe and you");
    expect(told(event("joined", "me", { members: ["zoe"] }))).toBe("You added Zoe");
  });

  test("of many, five are named and the others counted", () => {
    const members = Array.from({ length: 130 }, (_, index) => `p${index}`);
    expect(told(event("joined", "ada", { members }))).toBe("Ada added P0, P1, P2, P3, P4 and 125 more");
    i18n.global.locale.value = "zh";
    expect(told(event("joined", "ada", { members }))).toBe("Ada邀请P0、P1、P2、P3、P4和另外 125 人加入了群聊");
  });

  test("a pin is said by whom, and so is unpinning", () => {
    expect(told(event("pin", "ada", { target: 1 }))).toBe("Ada pinned a message");
    expect(told(event("pin", "me", { target: 1, off: true }))).toBe("You unpinned a message");
    expect(told(event("edit", "ada", { target: 1 }))).toBe("");
  });
});

describe("the line in the list", () => {
  test("a preview has the words without their marks, in one line", () => {
    const marked = row(event("message", "ada", { text: "Hello **Omar**,\n`code`" }));
    expect(preview(marked, "me", user, false)).toBe("Ada: Hello Omar, code");
  });

  test("an expired message tells nothing of what it said", () => {
    const secret = row(event("message", "ada", { text: "4711", expires_at: 2 }));
    expect(preview(secret, "me", user, false)).toBe("Ada: 4711");
    expect(preview(secret, "me", user, true)).toBe("This message has disappeared");
  });
});
