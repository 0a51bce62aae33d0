import { expect, test } from "vitest";

import { byLetter, letterOf } from "@/logic/letters";

test("a name is found under its first letter, without accents", () => {
  expect(["ada", "Émile", "Zoë", " bob"].map(letterOf)).toEqual(["A", "E", "Z", "B"]);
});

test("a Chinese name is found under its pinyin", () => {
  expect(["王小明", "林晓雨", "陈思远", "阿明", "赵", "欧阳", "张"].map(letterOf)).toEqual(["W", "L", "C", "A", "Z", "O", "Z"]);
});

test("what has no letter comes last", () => {
  const names = ["7even", "王", "Ada", "🦊", "", "林", "ann", "Łukasz"];
  const sections = byLetter(names, (name) => name);
  expect(sections.map(({ letter }) => letter)).toEqual(["A", "L", "W", "#"]);
  expect(sections[0]!.people).toEqual(["Ada", "ann"]);
  expect(sections.at(-1)!.people).toHaveLength(4);
});
