import type { Event, OutgoingMessage } from "@parlor/sdk";
import { describe, expect, test } from "vitest";

import { GROUP_MS, threadRows, type Reader, type Row } from "@/logic/thread_rows";

const NOON = new Date(2026, 10, 20, 12).getTime();
const reader: Reader = {
  me: "me",
  lineAfter: null,
  keyOf: (message) => ("seq" in message ? message.client_id || message.id : message.client_id),
};

function said(seq: number, sender: string, at: number, text = `text ${seq}`): Event {
  return { conversation_id: "c", seq, id: `e${seq}`, kind: "message", sender, sent_at: at, client_id: `m${seq}`, text };
}

function waiting(id: string, at: number): OutgoingMessage {
  return { client_id: id, conversation_id: "c", sender: "me", text: id, reply_to: 0, mentions: [], file: "", created_at: at, state: "sending", error: null };
}

const kinds = (rows: readonly Row[]): string[] => rows.map((row) => (row.kind === "message" ? (row.first ? "first" : "more") : row.kind));

describe("rows of a thread", () => {
  test("messages of one sender within five minutes are one group", () => {
    const events = [said(1, "ada", NOON), said(2, "ada", NOON + GROUP_MS - 1), said(3, "ada", NOON + GROUP_MS), said(4, "lin", NOON + GROUP_MS)];
    expect(kinds(threadRows(events, [], reader).rows)).toEqual(["day", "first", "more", "first", "first"]);
  });

  test("a group ends five minutes after it began, however quickly one goes on", () => {
    const events = [0, 2, 4, 6].map((minutes, index) => said(index + 1, "ada", NOON + minutes * 60_000));
    expect(kinds(threadRows(events, [], reader).rows)).toEqual(["day", "first", "more", "more", "first"]);
  });

  test("each day has its separator, and a new day begins a group", () => {
    const night = new Date(2026, 10, 20, 23, 59).getTime();
    const rows = threadRows([said(1, "ada", night), said(2, "ada", night + 60_000)], [], reader).rows;
    expect(kinds(rows)).toEqual(["day", "first", "day", "first"]);
  });

  test("the new-messages line stands before the first unread message of somebody else", () => {
    const events = [said(1, "ada", NOON), said(2, "ada", NOON), said(3, "ada", NOON)];
    expect(kinds(threadRows(events, [], { ...reader, lineAfter: 1 }).rows)).toEqual(["day", "first", "new", "first", "more"]);
    const own = [said(1, "ada", NOON), said(2, "me", NOON)];
    expect(kinds(threadRows(own, [], { ...reader, lineAfter: 1 }).rows)).not.toContain("new");
  });

  test("a pin is told by a line, what else is done to a message is not", () => {
    const act = (seq: number, kind: Event["kind"]): Event => ({ conversation_id: "c", seq, id: `e${seq}`, kind, sender: "ada", sent_at: NOON, target: 1 });
    const events = [said(1, "ada", NOON), act(2, "edit"), act(3, "pin"), act(4, "reaction"), act(5, "recall")];
    expect(kinds(threadRows(events, [], reader).rows)).toEqual(["day", "first", "happening"]);
  });

  test("a conversation of two that is empty has no line, and no day above nothing", () => {
    const begun: Event = { conversation_id: "c", seq: 1, id: "e1", kind: "created", sender: "ada", sent_at: NOON };
    expect(threadRows([begun], [], { ...reader, direct: true }).rows).toEqual([]);
    expect(kinds(threadRows([begun, said(2, "ada", NOON)], [], { ...reader, direct: true }).rows)).toEqual(["day", "first"]);
    expect(kinds(threadRows([begun], [], reader).rows)).toEqual(["day", "happening"]);
  });

  test("the line is nowhere where the events begin after it, unless nothing is before them", () => {
    const events = [said(7, "ada", NOON), said(8, "ada", NOON)];
    expect(kinds(threadRows(events, [], { ...reader, lineAfter: 3 }).rows)).toEqual(["day", "first", "more"]);
    expect(kinds(threadRows(events, [], { ...reader, lineAfter: 6 }).rows)).toEqual(["day", "new", "first", "more"]);
    const before = threadRows(events, [], { ...reader, lineAfter: 3 });
    expect(kinds(threadRows(events, [], { ...reader, lineAfter: 3, begun: true }, before).rows)).toEqual(["day", "new", "first", "more"]);
  });

  test("what is not sent yet follows the events and joins the group of its sender", () => {
    const rows = threadRows([said(1, "me", NOON)], [waiting("x", NOON + 1_000)], reader).rows;
    expect(kinds(rows)).toEqual(["day", "first", "more"]);
  });

  test("a message keeps its key from sending to stored", () => {
    const before = threadRows([], [waiting("m1", NOON)], reader).rows.at(-1);
    const after = threadRows([said(1, "me", NOON)], [], reader).rows.at(-1);
    expect(after?.key).toBe(before?.key);
  });

  test("appending gives the same rows as building anew, and reuses those already made", () => {
    const events = Array.from({ length: 50 }, (_, index) => said(index + 1, index % 7 < 4 ? "ada" : "me", NOON + index * 70_000));
    let grown = threadRows(events.slice(0, 10), [waiting("x", NOON)], reader);
    const early = grown.rows[1];
    for (let count = 11; count <= events.length; count += 3) grown = threadRows(events.slice(0, count), [], reader, grown);
    grown = threadRows(events, [], reader, grown);
    expect(grown.rows).toEqual(threadRows(events, [], reader).rows);
    expect(grown.rows[1]).toBe(early);
  });

  test("older messages before the known ones are all there", () => {
    const events = [said(3, "ada", NOON), said(4, "ada", NOON)];
    const before = threadRows(events, [], reader);
    const rows = threadRows([said(1, "lin", NOON), said(2, "ada", NOON), ...events], [], reader, before).rows;
    expect(kinds(rows)).toEqual(["day", "first", "first", "more", "more"]);
  });

  test("100,000 messages are looked at once, and with one more only that one is", () => {
    const events = Array.from({ length: 100_000 }, (_, index) => said(index + 1, index % 3 ? "ada" : "me", NOON + index * 1_000));
    let looks = 0;
    const counting: Reader = { ...reader, keyOf: (message) => ((looks += 1), reader.keyOf(message)) };
    const all = threadRows(events.slice(0, -1), [], counting);
    expect(looks).toBe(99_999);
    threadRows(events, [], counting, all);
    expect(looks).toBe(100_000);
  });
});
