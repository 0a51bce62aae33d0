import { expect, test } from "vitest";
import type { ConversationView } from "../src/protocol";
import { Rows, isMentionedIn } from "../src/rows";
import { message, view } from "./support/chat";

function row(change: Partial<ConversationView> = {}): ConversationView {
  const last_event = message("9", 4, "2");
  return view({ id: "9", last_seq: 4, read_seq: 2, unread: 2, active_at: 1_004, last_event, ...change });
}

function rows(...first: ConversationView[]): Rows {
  const made = new Rows(() => "1");
  for (const one of first) made.merge(one);
  return made;
}

test("newest first", () => {
  const all = rows(row({ id: "a", active_at: 1 }), row({ id: "b", active_at: 3 }), row({ id: "c", active_at: 2 }));
  expect(all.sorted.map(({ id }) => id)).toEqual(["b", "c", "a"]);
});

test("the next event moves the row and counts once, however often it comes", () => {
  const all = rows(row());
  for (let times = 0; times < 3; times += 1) expect(all.apply(message("9", 5, "2"))).toBe(true);
  expect(all.get("9")).toMatchObject({ last_seq: 5, unread: 3, active_at: 1_005 });
  expect(all.uncertain).toEqual([]);
});

test("own messages and call records do not count as unread", () => {
  const all = rows(row());
  all.apply(message("9", 5, "1"));
  all.apply({ ...message("9", 6, "2"), kind: "call" });
  expect(all.get("9")?.unread).toBe(2);
});

test("an event after a hole leaves the count in doubt until a row of that age comes", () => {
  const all = rows(row());
  all.apply(message("9", 7, "2"));
  expect(all.uncertain).toEqual(["9"]);
  all.merge(row({ last_seq: 6, unread: 4 }));
  expect(all.uncertain).toEqual(["9"]);
  all.merge(row({ last_seq: 7, unread: 5 }));
  expect(all.uncertain).toEqual([]);
  expect(all.get("9")).toMatchObject({ last_seq: 7, unread: 5 });
});

test("an older row never takes anything back", () => {
  const all = rows(row());
  all.apply(message("9", 5, "2"));
  all.merge(row());
  expect(all.get("9")).toMatchObject({ last_seq: 5, unread: 3 });
  all.read("9", 5);
  all.merge(row());
  expect(all.get("9")).toMatchObject({ last_seq: 5, read_seq: 5, unread: 0 });
});

test("a newer row with an older read position keeps the position and is in doubt", () => {
  const all = rows(row());
  all.read("9", 4);
  all.merge(row({ last_seq: 6, unread: 4 }));
  expect(all.get("9")).toMatchObject({ last_seq: 6, read_seq: 4, unread: 2 });
  expect(all.uncertain).toEqual(["9"]);
  all.settle("9", 1, 0);
  expect(all.get("9")?.unread).toBe(1);
  expect(all.uncertain).toEqual([]);
});

test("the read position never moves back, and reading to the end is certain", () => {
  const all = rows(row());
  all.read("9", 3);
  expect(all.get("9")).toMatchObject({ read_seq: 3, unread: 1 });
  expect(all.uncertain).toEqual(["9"]);
  all.read("9", 4);
  all.read("9", 1);
  expect(all.get("9")).toMatchObject({ read_seq: 4, unread: 0 });
  expect(all.uncertain).toEqual([]);
});

test("the title and the number of members follow their events", () => {
  const all = rows(row({ kind: "group", title: "Old", member_count: 3 }));
  all.apply({ ...message("9", 5, "2"), kind: "title", title: "New" });
  all.apply({ ...message("9", 6, "2"), kind: "joined", members: ["7", "8"] });
  all.apply({ ...message("9", 7, "2"), kind: "left", members: ["7"] });
  expect(all.get("9")).toMatchObject({ title: "New", member_count: 4 });
});

test("counting stops at a thousand, as on the server", () => {
  const all = rows(row({ unread: 1000 }));
  all.apply(message("9", 5, "2"));
  expect(all.get("9")?.unread).toBe(1000);
});

test("the first unread mention is told until it is read", () => {
  const all = rows(row());
  const told = (): boolean => isMentionedIn(all.get("9")!);
  all.apply(message("9", 5, "2"));
  expect(told()).toBe(false);
  all.apply({ ...message("9", 6, "2"), mentions: ["1"] });
  all.apply({ ...message("9", 7, "1"), mentions_all: true }); // one's own does not count
  all.apply({ ...message("9", 8, "2"), mentions_all: true });
  expect(all.get("9")?.mentioned_seq).toBe(6);
  expect(told()).toBe(true);
  all.read("9", 8);
  expect(told()).toBe(false);
});

test("the server's word about a mention holds", () => {
  const all = rows(row({ mentioned_seq: 3 }));
  expect(isMentionedIn(all.get("9")!)).toBe(true);
  all.merge(row({ last_seq: 5, read_seq: 4, unread: 1, mentioned_seq: 0 }));
  expect(isMentionedIn(all.get("9")!)).toBe(false);
});

const named = (seq: number) => ({ ...message("9", seq, "2"), mentions: ["1"] });
const recall = (seq: number, target: number) => ({ ...message("9", seq, "2"), kind: "recall" as const, target, text: "" });

test("of two unread mentions the other one is told when the first is taken back or read", () => {
  for (const past of [(all: Rows) => void all.apply(recall(8, 5)), (all: Rows) => all.read("9", 5, 3)]) {
    const all = rows(row());
    for (const event of [named(5), message("9", 6, "2"), named(7)]) all.apply(event);
    past(all);
    expect(all.get("9")?.mentioned_seq).toBe(7);
    all.apply(recall(all.get("9")!.last_seq + 1, 7));
    expect(all.get("9")?.mentioned_seq).toBe(0);
    expect(all.uncertain).toEqual([]);
  }
});

test("which mention is the next one is in doubt where not all that follows came by", () => {
  const all = rows(row({ mentioned_seq: 3 }));
  all.apply(named(5));
  all.apply(recall(6, 3));
  expect(all.uncertain).toEqual(["9"]);
  all.settle("9", 2, 5);
  expect(all.get("9")).toMatchObject({ unread: 2, mentioned_seq: 5 });

  const seen = rows(row({ mentioned_seq: 3 }));
  seen.note("9", [named(3), named(4)]);
  seen.apply(recall(5, 3));
  expect(seen.get("9")?.mentioned_seq).toBe(4);
  expect(seen.uncertain).toEqual([]);
});

test("what expires is unread no more, once, and mentions nobody", () => {
  const now = Date.now();
  const all = rows(row());
  all.apply({ ...named(5), expires_at: now + 1_000 });
  all.apply({ ...message("9", 6, "2"), expires_at: now + 2_000 });
  all.apply({ ...named(7), expires_at: now + 3_000 });
  expect(all.get("9")).toMatchObject({ unread: 5, mentioned_seq: 5 });
  expect(all.nextExpiry).toBe(now + 1_000);
  for (let times = 0; times < 2; times += 1) all.expire(now + 1_000);
  expect(all.get("9")).toMatchObject({ unread: 4, mentioned_seq: 7 });
  all.apply(recall(8, 6)); // before its time
  expect(all.get("9")?.unread).toBe(3);
  all.expire(now + 2_000);
  expect(all.get("9")?.unread).toBe(3);
  all.read("9", 8);
  expect(all.nextExpiry).toBe(Infinity);
});

test("a conversation that somebody else has only opened is nowhere until something is said", () => {
  const all = rows(row({ hidden: true, last_seq: 1, read_seq: 1, unread: 0 }));
  expect([all.sorted, all.hidden]).toEqual([[], []]);
  all.apply(message("9", 2, "2"));
  expect(all.sorted.map(({ id }) => id)).toEqual(["9"]);
});

test("hidden rows are apart, and come back with the next event", () => {
  const all = rows(row({ hidden: true }), row({ id: "b", active_at: 5 }));
  expect(all.sorted.map(({ id }) => id)).toEqual(["b"]);
  expect(all.hidden.map(({ id }) => id)).toEqual(["9"]);
  all.apply(message("9", 5, "2"));
  expect(all.sorted.map(({ id }) => id)).toEqual(["9", "b"]);
  expect(all.hidden).toEqual([]);
});
