import { expect, test } from "vitest";

import { middleOf, moved, zoomed } from "@/logic/crop";

const wide = { width: 400, height: 300 };

test("the middle of a picture is chosen first", () => {
  expect(middleOf(wide)).toEqual({ x: 50, y: 0, side: 300 });
  expect(middleOf({ width: 300, height: 400 })).toEqual({ x: 0, y: 50, side: 300 });
});

test("the square stops at the edges", () => {
  expect(moved(middleOf(wide), -80, -5, wide)).toEqual({ x: 0, y: 0, side: 300 });
  expect(moved(middleOf(wide), 80, 5, wide)).toEqual({ x: 100, y: 0, side: 300 });
});

test("zooming keeps the middle, and out again the edges", () => {
  const near = zoomed(middleOf(wide), 2, wide);
  expect(near).toEqual({ x: 125, y: 75, side: 150 });
  const corner = moved(near, 500, 500, wide);
  expect(corner).toEqual({ x: 250, y: 150, side: 150 });
  expect(zoomed(corner, 1, wide)).toEqual({ x: 100, y: 0, side: 300 });
});

test("nothing is smaller than a quarter of the picture", () => {
  expect(zoomed(middleOf(wide), 99, wide).side).toBe(75);
  expect(zoomed(middleOf(wide), 0, wide).side).toBe(300);
});
