import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import en from "@/i18n/en";
import zh from "@/i18n/zh";

type Tree = { [key: string]: string | Tree };

function flat(words: Tree, prefix = ""): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === "string" ? ([[prefix + key, value]] as [string, string][]) : flat(value, `${prefix}${key}.`),
  );
}

const english = new Map(flat(en));
const chinese = new Map(flat(zh as unknown as Tree));

describe("the two catalogues", () => {
  test("have the same keys", () => {
    expect([...chinese.keys()]).toEqual([...english.keys()]);
  });

  test("fill in the same values", () => {
    const filled = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
    for (const [key, text] of english) expect([key, filled(chinese.get(key) ?? "")]).toEqual([key, filled(text)]);
  });

  test("have words for every refusal that a person can meet", () => {
    const registry = readFileSync(new URL("../../sdk/src/protocol.ts", import.meta.url), "utf8");
    const table = registry.slice(registry.indexOf("export const ERRORS"), registry.indexOf("} as const;"));
    const codes = [...table.matchAll(/^ {2}(\w+): \{ status/gm)].map((match) => match[1]!);
    // A broken app, not a person, causes these: "Something went wrong" is what there is to say.
    const ours = new Set([
      "already_greeted", "bad_request", "internal", "log_full", "malformed", "method_not_allowed", "no_such_link", "not_in_call",
      "not_ready", "over_quota", "profile_running", "reader_replaced", "room_too_busy", "unknown_method",
    ]);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !ours.has(code) && !english.has(`errors.${code}`))).toEqual([]);
  });

  test("leave nothing in English in the Chinese one", () => {
    const same = [...english].filter(([key, text]) => chinese.get(key) === text && /[a-z]{3}/i.test(text.replace(/\{\w+\}/g, "")));
    expect(same.map(([key]) => key)).toEqual(["app.name"]);
  });
});
