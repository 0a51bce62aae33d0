import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DeliveryPush } from "../src/protocol";
import { Received } from "../src/received";

let acks: number[];
let received: Received;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  acks = [];
  received = new Received((upto) => {
    acks.push(upto);
    return Promise.resolve();
  });
});

afterEach(() => void vi.useRealTimers());

function delivery(push_id: string, mail = 0, missed = 0): DeliveryPush {
  return { push_id, room: null, body: "", missed, mail };
}

test("the same push is taken once, by its id or by its number", () => {
  expect(received.take(delivery("a"))).toBe(true);
  expect(received.take(delivery("a"))).toBe(false);
  expect(received.take(delivery("b", 7))).toBe(true);
  for (let n = 0; n < 1_000; n++) received.take(delivery(`filler ${n}`));
  expect(received.take(delivery("b", 7))).toBe(false);
  expect(received.take(delivery("a"))).toBe(true); // too long ago to be remembered
});

test("a delivery without numbers is nothing to acknowledge and nothing that was missed", () => {
  expect(received.take({ push_id: "bare", room: null, body: "x" })).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect([acks, received.missed.get()]).toEqual([[], 0]);
});

test("what arrives in one turn is acknowledged at its end, the rest ten times a second", () => {
  for (const n of [7, 8, 9]) received.take(delivery(`p${n}`, n));
  expect(acks).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(acks).toEqual([9]);
  for (let n = 10; n < 110; n++) {
    received.take(delivery(`p${n}`, n));
    vi.advanceTimersByTime(10);
  }
  expect(acks.length).toBeLessThanOrEqual(11);
  vi.advanceTimersByTime(100);
  expect(acks.at(-1)).toBe(109);
});

test("mail of another database is new though its numbers are lower", () => {
  received.onHello("one");
  received.take(delivery("a", 7));
  received.onHello("one");
  expect(received.take(delivery("b", 7))).toBe(false);
  received.onHello("two");
  expect(received.take(delivery("c", 1))).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(acks).toEqual([1]);
});

test("a double is acknowledged again: the server had not heard", () => {
  received.take(delivery("a", 7));
  vi.advanceTimersByTime(0);
  received.pause();
  vi.advanceTimersByTime(1_000);
  expect(received.take(delivery("a", 7))).toBe(false);
  vi.advanceTimersByTime(0);
  expect(acks).toEqual([7, 7]);
});

test("nothing is acknowledged once the connection is gone, nor for a lossy push", () => {
  received.take(delivery("a", 7));
  received.pause();
  received.take(delivery("b"));
  vi.advanceTimersByTime(1_000);
  expect(acks).toEqual([]);
});

test("an acknowledgement that fails is no error", async () => {
  const failing = new Received(() => Promise.reject(new Error("offline")));
  failing.take(delivery("a", 7));
  await vi.advanceTimersByTimeAsync(200);
  expect(failing.take(delivery("b", 8))).toBe(true);
});

test("another person's numbers begin anew", () => {
  received.take(delivery("a", 7));
  received.forget();
  expect(received.take(delivery("a", 3))).toBe(true);
});

test("what was missed adds up for whoever watches", () => {
  const seen: number[] = [];
  received.missed.subscribe((missed) => seen.push(missed));
  expect(received.take(delivery("", 0, 3))).toBe(true);
  expect(received.take(delivery("", 0, 2))).toBe(true);
  expect(seen).toEqual([3, 5]);
});

test("resends from any point are each taken once", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 })), (starts) => {
      const fresh = new Received(() => Promise.resolve());
      const taken: number[] = [];
      for (const start of starts) {
        for (let n = start; n <= 30; n++) if (fresh.take(delivery(`p${n}`, n))) taken.push(n);
        fresh.pause();
      }
      expect(new Set(taken).size).toBe(taken.length);
    }),
  );
});
