import type { ConversationView, Event } from "@parlor/sdk";
import { describe, expect, test } from "vitest";

import { below, firstSeqFrom, followsSeen, lastSeqUpTo } from "@/logic/reading";
import { isElsewhere, threadRows } from "@/logic/thread_rows";

const NOON = new Date(2026, 10, 20, 12).getTime();

function said(seq: number, sender = "ada", more: Partial<Event> = {}): Event {
  return { conversation_id: "c", seq, id: `e${seq}`, kind: "message", sender, sent_at: NOON + seq, client_id: `m${seq}`, text: `text ${seq}`, ...more };
}

const row = (read_seq: number, unread: number, mentioned_seq = 0): Pick<ConversationView, "read_seq" | "unread" | "mentioned_seq"> => ({ read_seq, unread, mentioned_seq });
const range = (from: number, to: number): Event[] => Array.from({ length: to - from + 1 }, (_, at) => said(from + at));

describe("what is below", () => {
  test("where all of it is loaded it is counted there: messages of others that say something", () => {
    const events = [...range(1, 4), said(5, "me"), said(6, "ada", { text: "" }), said(7, "ada", { kind: "edit", target: 2 }), said(8), said(9, "ada", { expires_at: NOON })];
    const view = { events, more: true, newer: false };
    expect(below(view, row(2, 99), "me", 2, 0, NOON).count).toBe(3);
    expect(below(view, row(2, 99), "me", 4, 0, NOON).count).toBe(1);
    expect(below(view, row(2, 99), "me", 8, 0, NOON).count).toBe(0);
  });

  test("where it goes on beyond what is loaded, the server's count less what was seen", () => {
    const view = { events: range(101, 150), more: true, newer: true };
    expect(below(view, row(110, 900), "me", 110, 0, NOON).count).toBe(900);
    expect(below(view, row(110, 900), "me", 120, 0, NOON).count).toBe(890);
    // At an old message nothing here is new, and what comes in is only counted.
    expect(below(view, row(5_000, 2), "me", 5_000, 0, NOON).count).toBe(2);
  });

  test("where what is loaded begins after what was seen, the server's count", () => {
    const view = { events: range(900, 950), more: true, newer: false };
    expect(below(view, row(100, 840), "me", 100, 0, NOON).count).toBe(840);
    expect(below({ ...view, more: false }, row(100, 51), "me", 100, 0, NOON).count).toBe(51);
  });

  test("those that name one are known also where they are not loaded", () => {
    const events = [...range(101, 120), said(121, "ada", { mentions: ["me"] }), said(122, "ada", { mentions_all: true })];
    const view = { events, more: true, newer: true };
    expect(below(view, row(110, 50, 121), "me", 110, 0, NOON).named).toEqual([121, 122]);
    expect(below(view, row(110, 50, 121), "me", 110, 121, NOON).named).toEqual([122]);
    expect(below(view, row(50, 90, 60), "me", 50, 0, NOON).named).toEqual([60, 121, 122]);
    expect(below({ ...view, events: range(1, 20) }, row(50, 90, 60), "me", 50, 0, NOON).named).toEqual([60]);
  });
});

describe("what is in sight", () => {
  const reader = { me: "me", lineAfter: 3, keyOf: (one: Event | { client_id: string }) => one.client_id ?? "" };
  const events = [said(1), said(2), said(3), said(4, "ada", { kind: "reaction", target: 1 }), said(5), said(6)];
  const { rows } = threadRows(events, [], reader); // day, 1, 2, 3, new, 5, 6

  test("a separator stands for the message next to it", () => {
    expect(rows[4]?.kind).toBe("new");
    expect(lastSeqUpTo(rows, 4)).toBe(3);
    expect(firstSeqFrom(rows, 4)).toBe(5);
    expect(lastSeqUpTo(rows, 0)).toBe(0);
    expect(lastSeqUpTo(rows, 99)).toBe(6);
    expect(firstSeqFrom(rows, 7)).toBe(0);
  });

  test("it follows what was seen when nothing unseen stands above it", () => {
    expect(followsSeen(rows, 4, 3, true)).toBe(true);
    expect(followsSeen(rows, 5, 4, true)).toBe(true);
    expect(followsSeen(rows, 6, 3, true)).toBe(false);
    expect(followsSeen(rows, 0, 0, true)).toBe(true);
    expect(followsSeen(rows, 0, 0, false)).toBe(false);
  });

  test("another part of the log is one that does not touch", () => {
    expect(isElsewhere(range(10, 20), range(15, 30))).toBe(false);
    expect(isElsewhere(range(31, 40), range(15, 30))).toBe(false);
    expect(isElsewhere(range(32, 40), range(15, 30))).toBe(true);
    expect(isElsewhere(range(1, 13), range(15, 30))).toBe(true);
    expect(isElsewhere([], range(15, 30))).toBe(false);
    expect(isElsewhere(range(1, 2), [])).toBe(false);
  });
});
