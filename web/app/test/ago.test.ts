import { expect, test } from "vitest";

import { agoText } from "@/logic/ago";

const NOW = new Date(2026, 10, 20, 12, 0).getTime();
const ago = (minutes: number, locale = "en-GB"): string => agoText(NOW - minutes * 60_000, NOW, locale);

test("how long ago is said in its largest whole unit", () => {
  expect(ago(0)).toBe("this minute");
  expect(ago(5)).toBe("5 minutes ago");
  expect(ago(119)).toBe("1 hour ago");
  expect(ago(24 * 60)).toBe("yesterday");
  expect(ago(3 * 24 * 60, "zh-CN")).toBe("3天前");
});

test("longer ago than a week is a date, and a clock that runs behind is no future", () => {
  expect(ago(8 * 24 * 60)).toBe("12 Nov 2026");
  expect(ago(-5)).toBe("this minute");
});
