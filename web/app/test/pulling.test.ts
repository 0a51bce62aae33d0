import { expect, test } from "vitest";

import { follows, isFarEnough, mayPull, wishOf } from "@/logic/pulling";

test("a finger pulls when it goes to the right, and scrolls when it goes up or down", () => {
  expect(wishOf(3, 3)).toBe("unclear");
  expect(wishOf(20, 4)).toBe("pull");
  expect(wishOf(20, -4)).toBe("pull");
  for (const [dx, dy] of [[0, 20], [10, 20], [20, 18], [-20, 0]] as const) expect(wishOf(dx, dy)).toBe("other");
});

test("from the edge of the screen nothing is pulled: the browser goes back there", () => {
  expect(mayPull(5)).toBe(false);
  expect(mayPull(60)).toBe(true);
});

test("the thing follows until it stops, and has to be pulled far enough to be meant", () => {
  expect(follows(5)).toBe(0);
  expect(isFarEnough(follows(40))).toBe(false);
  expect(isFarEnough(follows(90))).toBe(true);
  expect(follows(5_000)).toBe(follows(500));
});
