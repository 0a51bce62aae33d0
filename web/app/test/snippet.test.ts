import { describe, expect, it } from "vitest";

import { snippetOf } from "@/logic/snippet";

const shown = (text: string, marks: [number, number][]): string =>
  snippetOf(text, marks.map(([start, end]) => ({ start, end })))
    .map(({ text: words, marked }) => (marked ? `[${words}]` : words))
    .join("");

describe("snippetOf", () => {
  it("marks in code points, so that an emoji before it counts once", () => {
    expect(shown("😀👍 会议 now", [[3, 5]])).toBe("😀👍 [会议] now");
  });

  it("is one line", () => {
    expect(shown("one\n\ttwo  three", [[5, 8]])).toBe("one [two] three");
  });

  it("begins a little before the first mark of a long text and says that there is more", () => {
    const text = `${"x".repeat(300)} needle ${"y".repeat(300)}`;
    const words = shown(text, [[301, 307]]);
    expect(words).toMatch(/^…x{17} \[needle\] y+…$/);
    expect(words.length).toBeLessThan(130);
  });

  it("marks every place in sight and leaves out the others", () => {
    expect(shown("a b a", [[0, 1], [4, 5]])).toBe("[a] b [a]");
    expect(shown("z".repeat(400), [[0, 1], [399, 400]])).toMatch(/^\[z\]z+…$/);
    expect(shown("z".repeat(400), [[0, 300]])).toMatch(/^\[z+\]…$/);
  });

  it("shows the beginning where nothing is marked", () => {
    expect(shown("hello", [])).toBe("hello");
    expect(shown("", [])).toBe("");
  });
});
