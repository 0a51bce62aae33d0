import { describe, expect, it } from "vitest";

import { dayAfter, startOfDay } from "@/logic/days";

describe("days of a date field", () => {
  it("begin and end at midnight here", () => {
    expect(startOfDay("2026-11-21")).toBe(new Date(2026, 10, 21).getTime());
    expect(dayAfter("2026-11-21")).toBe(new Date(2026, 10, 22).getTime());
    expect(dayAfter("2026-12-31")).toBe(new Date(2027, 0, 1).getTime());
  });

  it("are 0 where there is none", () => {
    expect([startOfDay(""), dayAfter(""), startOfDay("nonsense"), startOfDay("0001-01-01")]).toEqual([0, 0, 0, 0]);
  });
});
