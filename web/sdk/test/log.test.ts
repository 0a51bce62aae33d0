import fc from "fast-check";
import { expect, test } from "vitest";
import { EventLog } from "../src/log";
import { message } from "./support/chat";

const seqs = (log: EventLog): number[] => log.events.map((event) => event.seq);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const events = (list: readonly number[]) => list.map((seq) => message("9", seq, "2"));

test("nothing is shown before a page has said where the log begins", () => {
  const log = new EventLog();
  log.add(events([7, 8]));
  expect(seqs(log)).toEqual([]);
  log.begin(events([5, 6, 7]), 8);
  expect(seqs(log)).toEqual([5, 6, 7, 8]);
});

test("any order and repetition of pushes, replies and pages gives the same log", () => {
  const parts = fc
    .integer({ min: 1, max: 30 })
    .chain((last) =>
      fc.tuple(
        fc.constant(last),
        fc.integer({ min: 1, max: last }),
        fc.array(fc.uniqueArray(fc.integer({ min: 1, max: last }), { maxLength: 8 }), { maxLength: 12 }),
        fc.nat(20),
      ),
    );
  fc.assert(
    fc.property(parts, ([last, first, batches, when]) => {
      const log = new EventLog();
      const page = events(range(first, last));
      const steps: (() => void)[] = batches.map((batch) => () => void log.add(events(batch)));
      steps.splice(Math.min(when, steps.length), 0, () => void log.begin(page, last));
      for (const step of steps) step();
      log.add(events(range(first, last)));
      // What was heard of below the page belongs to it as far as it touches.
      const heard = new Set(batches.flat());
      let low = first;
      while (heard.has(low - 1)) low -= 1;
      expect(seqs(log)).toEqual(range(low, last));
      expect(log.behind).toBe(0);
    }),
  );
});

test("the window never has a hole or a repetition, whatever comes", () => {
  const step = fc.oneof(
    fc.record({ add: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 10 }) }),
    fc.record({ begin: fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 20 })) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const log = new EventLog();
      let newest = 0;
      for (const one of steps) {
        if ("add" in one) log.add(events(one.add));
        else log.begin(events(range(one.begin[0], one.begin[0] + one.begin[1])), one.begin[0] + one.begin[1]);
        const now = seqs(log);
        if (now.length > 0) expect(now).toEqual(range(now[0] ?? 0, now.at(-1) ?? 0));
        expect(log.lastSeq).toBeGreaterThanOrEqual(newest);
        newest = log.lastSeq;
        expect(log.knownLast).toBeGreaterThanOrEqual(newest);
      }
    }),
  );
});

test("an event ahead of its turn waits until the hole is filled", () => {
  const log = new EventLog();
  log.begin(events([1, 2]), 2);
  log.add(events([5]));
  expect(log.behind).toBe(3);
  expect(log.ahead.map((event) => event.seq)).toEqual([5]);
  log.add(events([4]));
  expect(log.add(events([3]))).toBe(true);
  expect(seqs(log)).toEqual([1, 2, 3, 4, 5]);
  expect(log.ahead).toEqual([]);
});

test("a page far ahead replaces the window, one far behind does not", () => {
  const log = new EventLog();
  log.begin(events([1, 2]), 2);
  log.begin(events([50, 51]), 51);
  expect(seqs(log)).toEqual([50, 51]);
  log.begin(events([10, 11]), 11);
  expect(seqs(log)).toEqual([50, 51]);
});

test("older pages go in front", () => {
  const log = new EventLog();
  log.begin(events([5, 6]), 6);
  log.add(events([3, 4]));
  log.add(events([1, 2]));
  expect(seqs(log)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("an empty conversation begins at its first event", () => {
  const log = new EventLog();
  log.begin([], 0);
  log.add(events([2]));
  expect(seqs(log)).toEqual([]);
  log.add(events([1]));
  expect(seqs(log)).toEqual([1, 2]);
});

test("the first unread message that names the person is told with the count", () => {
  const log = new EventLog();
  const named = { mentions: ["1"] };
  log.begin([{ ...message("9", 3, "2"), ...named }, { ...message("9", 4, "1"), ...named }, { ...message("9", 5, "2"), ...named }, { ...message("9", 6, "2"), mentions_all: true }], 6);
  expect(log.unread(2, 6, "1")).toEqual({ count: 3, named: 3 });
  expect(log.unread(3, 6, "1")).toEqual({ count: 2, named: 5 });
  expect(log.unread(5, 6, "1")).toEqual({ count: 1, named: 6 });
});

test("unread is counted only where all of it is here, without own messages and other kinds", () => {
  const log = new EventLog();
  const call = { ...message("9", 5, "2"), kind: "call" as const };
  log.begin([message("9", 3, "2"), message("9", 4, "1"), call, message("9", 6, "2")], 6);
  expect(log.unread(2, 6, "1")).toEqual({ count: 2, named: 0 });
  expect(log.unread(5, 6, "1")?.count).toBe(1);
  expect(log.unread(6, 6, "1")?.count).toBe(0);
  expect(log.unread(1, 6, "1")).toBeNull();
  expect(log.unread(2, 7, "1")).toBeNull();
});
