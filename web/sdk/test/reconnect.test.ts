import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLOSE_CODES } from "../src/protocol";
import { afterClose, backOffMs, parseReason } from "../src/reconnect";

describe("after a close", () => {
  test("40xx comes back at once the first time, then backs off", () => {
    expect(afterClose(4000, "idle", 0, 0.5)).toEqual({ do: "again", afterMs: 0 });
    expect(afterClose(4001, "slow_reader", 3, 0)).toEqual({ do: "again", afterMs: backOffMs(3, 0) });
  });

  test("41xx waits as long as the reason says, and a little to spread", () => {
    expect(afterClose(4100, "draining after_s=2.5", 0, 0)).toEqual({ do: "again", afterMs: 2500 });
    expect(afterClose(4100, "draining after_s=2.5", 7, 0.999)).toEqual({ do: "again", afterMs: 3000 });
  });

  test("41xx without a time backs off", () => {
    expect(afterClose(4101, "overloaded", 0, 0)).toEqual({ do: "again", afterMs: backOffMs(1, 0) });
  });

  test("an unauthenticated link asks for another token; other 42xx stop", () => {
    expect(afterClose(4201, "unauthenticated", 0, 0)).toEqual({ do: "renew" });
    for (const code of [4200, 4202, 4203, 4204, 4205, 4206, 4299]) {
      expect(afterClose(code, "", 0, 0)).toEqual({ do: "stop" });
    }
  });

  test("the rules agree with the registry for Parlor's own codes", () => {
    for (const [code, { name, reconnect }] of Object.entries(CLOSE_CODES)) {
      if (Number(code) < 4000) continue;
      const next = afterClose(Number(code), `${name} after_s=1`, 0, 0).do;
      expect(next === "again").toBe(reconnect !== "never");
    }
  });

  test("a loss without a code, or one that a proxy may have sent, backs off", () => {
    for (const code of [1000, 1001, 1002, 1006, 1011, 1012, 1015]) {
      expect(afterClose(code, "", 2, 0.5)).toEqual({ do: "again", afterMs: backOffMs(2, 0.5) });
    }
  });
});

test("back-off grows to a limit and keeps half of it fixed", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const ms = backOffMs(attempt, random);
      expect(ms).toBeGreaterThanOrEqual(250);
      expect(ms).toBeLessThanOrEqual(30_000);
      expect(backOffMs(attempt + 1, random)).toBeGreaterThanOrEqual(ms);
    }),
  );
});

test("a reason is a name and maybe a time", () => {
  expect(parseReason("draining after_s=2.5")).toEqual({ name: "draining", afterS: 2.5 });
  expect(parseReason("idle")).toEqual({ name: "idle", afterS: 0 });
  expect(parseReason("draining after_s=soon")).toEqual({ name: "draining", afterS: 0 });
  expect(parseReason("")).toEqual({ name: "", afterS: 0 });
});

test("the server says how long to back off", () => {
  const told = { first_s: 2, longest_s: 5 };
  expect(backOffMs(0, 0, told)).toBe(1000);
  expect(backOffMs(9, 0, told)).toBe(2500);
  expect(afterClose(1006, "", 9, 0, told)).toEqual({ do: "again", afterMs: 2500 });
});
