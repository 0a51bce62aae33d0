import { describe, expect, test } from "vitest";

import { findEmoji } from "@/chat/emoji";
import { colourOf, initialsOf } from "@/logic/avatars";
import { charactersOf } from "@/logic/characters";
import { nameProblem, passwordProblem } from "@/logic/credentials";
import { onlyEmoji } from "@/logic/only_emoji";
import { iconWithBadge, pageTitle } from "@/logic/unread_title";
import { dayName, shortWhen, span, waitText } from "@/logic/when";

describe("the title and the icon", () => {
  test("say how many messages wait", () => {
    expect(pageTitle("Parlor", "", 0)).toBe("Parlor");
    expect(pageTitle("Parlor", "Ada", 3)).toBe("(3) Ada · Parlor");
    expect(pageTitle("Parlor", "", 1_000)).toBe("(99+) Parlor");
    expect(iconWithBadge(0)).toBe("/icons/icon.svg");
    expect(decodeURIComponent(iconWithBadge(12))).toContain(">9+<");
  });
});

describe("somebody without a picture", () => {
  test("has initials in any script", () => {
    expect(initialsOf("Ada Lovelace")).toBe("AL");
    expect(initialsOf("ada")).toBe("A");
    expect(initialsOf("林晓雨")).toBe("晓雨");
    expect(initialsOf("王小明 (IT)")).toBe("小明");
    expect(initialsOf("𝒜da")).toBe("𝒜");
    expect(initialsOf("  ")).toBe("?");
  });

  test("keeps the colour, and people who joined one after another differ", () => {
    expect(colourOf("u-1")).toBe(colourOf("u-1"));
    const colours = new Set(Array.from({ length: 200 }, (_, index) => colourOf(`01999a0e-0000-7000-8000-0000000000${index}`)));
    expect(colours.size).toBe(9);
  });
});

describe("times", () => {
  const noon = new Date(2026, 10, 20, 12, 5).getTime();

  test("are short in a list", () => {
    expect(shortWhen(noon, noon + 1_000, "en-GB")).toBe("12:05");
    expect(shortWhen(noon, noon + 2 * 86_400_000, "en-GB")).toBe("Fri");
    expect(shortWhen(noon, noon + 30 * 86_400_000, "zh-CN")).toContain("11");
  });

  test("name today and yesterday", () => {
    const words = { today: "Today", yesterday: "Yesterday" };
    expect(dayName(noon, noon, "en-GB", words)).toBe("Today");
    expect(dayName(noon - 86_400_000, noon, "en-GB", words)).toBe("Yesterday");
    expect(dayName(noon - 3 * 86_400_000, noon, "en-GB", words)).toContain("17 November");
  });

  test("of a call count hours only when there are some", () => {
    expect([0, 65, 3_600].map(span)).toEqual(["0:00", "1:05", "1:00:00"]);
  });

  test("to wait are said in words", () => {
    expect(waitText(30, "en-GB")).toBe("in 30 seconds");
    expect(waitText(300, "zh-CN")).toContain("5");
  });
});

describe("emoji", () => {
  test("are found in both languages", () => {
    expect(findEmoji("thumbs").map(({ emoji }) => emoji)).toEqual(["👍", "👎"]);
    expect(findEmoji("饺子").map(({ emoji }) => emoji)).toEqual(["🥟"]);
    expect(findEmoji("xyzzy")).toEqual([]);
  });

  test("are large only when they are alone and few", () => {
    expect(["👍", "👨‍👩‍👧 🎉", "🇨🇳", "❤️", "✌🏽"].map(onlyEmoji)).toEqual([true, false, true, true, true]);
    expect(["", "7", "#", "ok 👍", "👍👍👍👍"].map(onlyEmoji)).toEqual([false, false, false, false, false]);
  });
});

describe("what the server will refuse", () => {
  test("is told before it is asked", () => {
    expect(nameProblem("", false)).toBe("auth.nameMissing");
    expect(nameProblem("no good", true)).toBe("auth.nameWrong");
    expect(nameProblem(" Ada ", true)).toBe("");
    expect(passwordProblem("short", "ada", true)).toBe("auth.passwordShort");
    expect(passwordProblem("ada-lovelace", "Ada-Lovelace", true)).toBe("auth.passwordIsName");
    expect(passwordProblem("x", "ada", false)).toBe("");
    expect(passwordProblem("", "ada", false)).toBe("auth.passwordMissing");
  });

  test("a new password is another one, in whatever form it is typed", () => {
    expect(passwordProblem("caf\u00e9 au lait", "ada", true, "cafe\u0301 au lait")).toBe("password.same");
    expect(passwordProblem("tea and milk", "ada", true, "cafe au lait")).toBe("");
  });

  test("characters are counted as the server counts them", () => {
    expect(charactersOf("😀".repeat(4_096))).toBe(4_096);
    expect(charactersOf("e\u0301".repeat(1_000))).toBe(1_000);
  });
});
