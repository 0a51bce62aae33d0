import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OwnLog } from "../src/own_log";
import type { SelfEntry } from "../src/protocol";
import { Chat } from "./support/chat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Heard {
  took: [string[], number][];
  resets: number;
}

function log(chat: Chat): { own: OwnLog; heard: Heard } {
  const heard: Heard = { took: [], resets: 0 };
  const own = new OwnLog(chat.ask, {
    took: (entries, seq) => heard.took.push([entries.map((entry) => entry.key), seq]),
    reset: () => (heard.resets += 1),
  });
  return { own, heard };
}

const values = (own: OwnLog): Record<string, unknown> =>
  Object.fromEntries([...own.all.get()].map(([key, entry]) => [key, JSON.parse(entry.body ?? "null") as unknown]));

test("the newest value of a key counts, whatever order they come in, and what is gone is not there", async () => {
  const chat = new Chat();
  const { own } = log(chat);
  const entries = [chat.put("s:a", "setting", 1), chat.put("s:b", "setting", 1), chat.put("s:a", "setting", 2)];
  const gone = chat.put("s:b", "setting", null);
  for (const entry of [gone, ...entries.reverse()]) own.hear(entry);
  expect(values(own)).toEqual({ "s:a": 2 });
});

test("pushes that follow each other cost no request, and the place in the log moves with them", async () => {
  const chat = new Chat();
  const { own, heard } = log(chat);
  for (const name of ["a", "b"]) own.hear(chat.put(`s:${name}`, "setting", 1));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(chat.asked).toEqual([]);
  expect(own.lastSeq).toBe(2);
  expect(heard.took).toEqual([[["s:a"], 1], [["s:b"], 2]]);
});

test("a push that does not follow brings what is missing", async () => {
  const chat = new Chat();
  const { own } = log(chat);
  own.hear(chat.put("s:a", "setting", 1));
  chat.put("s:lost", "setting", 1);
  own.hear(chat.put("s:c", "setting", 1));
  expect(own.lastSeq).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(chat.asked).toMatchObject([{ method: "self.list", params: { after: 1 } }]);
  expect(values(own)).toEqual({ "s:a": 1, "s:lost": 1, "s:c": 1 });
  expect(own.lastSeq).toBe(3);
});

test("pages are read to the end, and the place moves only when all of them are here", async () => {
  const chat = new Chat();
  const { own, heard } = log(chat);
  const entry = (seq: number): SelfEntry => ({ key: `s:${seq}`, kind: "setting", seq, body: "1", at_ms: 1 });
  chat.own.set("s:2", entry(2));
  chat.ownSeq = 2;
  await own.takePage({ entries: [entry(1)], last_seq: 2, cursor: "next", reset: false });
  expect(chat.asked).toMatchObject([{ method: "self.list", params: { after: 0, cursor: "next" } }]);
  expect(heard.took).toEqual([[["s:1"], 0], [["s:2"], 2]]);
});

test("a device that was away for too long forgets what it had", async () => {
  const chat = new Chat();
  const { own, heard } = log(chat);
  own.begin([{ key: "s:old", kind: "setting", seq: 3, body: "1", at_ms: 1 }], 3);
  chat.ownSeq = 9;
  chat.put("s:new", "setting", 1);
  await own.takePage({ ...chat.ownAfter(0), reset: true });
  expect(values(own)).toEqual({ "s:new": 1 });
  expect(heard.resets).toBe(1);
  expect(own.lastSeq).toBe(10);
});
