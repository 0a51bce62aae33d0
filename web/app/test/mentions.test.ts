import { describe, expect, test } from "vitest";

import { askedName, matching, namedIn, namedParts } from "@/logic/mentions";

const people = [
  { id: "1", name: "Ann", account: "ann" },
  { id: "2", name: "Ann Lee", account: "annlee" },
  { id: "3", name: "王小明", account: "xiaoming" },
];

describe("mentions", () => {
  test("an @ asks for a name, unless it is part of an address", () => {
    expect(askedName("hi @an", 6)).toEqual({ from: 3, query: "an" });
    expect(askedName("你好@王", 4)).toEqual({ from: 2, query: "王" });
    expect(askedName("@", 1)).toEqual({ from: 0, query: "" });
    for (const text of ["a@b", "hi @an there", "hi", "@@x"]) expect(askedName(text, text.length)).toBeNull();
  });

  test("names come before accounts, beginnings before middles", () => {
    expect(matching(people, "le", 8).map((one) => one.id)).toEqual(["2"]);
    expect(matching(people, "an", 8).map((one) => one.id)).toEqual(["1", "2"]);
    expect(matching(people, "xiao", 8).map((one) => one.id)).toEqual(["3"]);
    expect(matching(people, "", 2)).toHaveLength(2);
  });

  test("the longest name that fits is meant", () => {
    expect(namedIn("@Ann Lee and @王小明!", people, false)).toEqual({ ids: ["2", "3"], all: false });
    expect(namedParts("x @Ann y", people, false)).toEqual([{ text: "x " }, { text: "@Ann", id: "1" }, { text: " y" }]);
  });

  test("everybody is meant only where that is allowed", () => {
    expect(namedIn("@all @所有人", people, true).all).toBe(true);
    expect(namedIn("@all", people, false)).toEqual({ ids: [], all: false });
  });
});
