import { expect, test } from "vitest";

import { fieldTime, laterTimes, timeOfField } from "@/logic/later";

test("every choice is still to come, and each is another time", () => {
  for (let hour = 0; hour < 24 * 7; hour++) {
    const now = new Date(2026, 10, 16, hour, 20, 30).getTime();
    const times = laterTimes(now).map((one) => one.at);
    expect(times.every((at) => at > now)).toBe(true);
    expect(new Set(times).size).toBe(times.length);
  }
});

test("a field gives back the minute that it was given", () => {
  const at = new Date(2026, 0, 5, 7, 4).getTime();
  expect(fieldTime(at)).toBe("2026-01-05T07:04");
  expect(timeOfField(fieldTime(at))).toBe(at);
  expect(timeOfField("")).toBeNull();
});
