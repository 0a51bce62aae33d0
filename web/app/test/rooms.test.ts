import { expect, test } from "vitest";

import { MOST_LINES, RoomLines } from "@/logic/room_lines";
import { charactersOver, roomAddress, roomMeant, roomTitle } from "@/logic/room_names";

function say(lines: RoomLines, from: number, count: number): void {
  for (let number = from; number < from + count; number++) {
    lines.said({ key: String(number), sender: "1", text: `line ${number}`, high: false });
  }
}

const keys = (lines: RoomLines): string[] => lines.shown.map(({ key }) => key);

test("what comes between two turns is shown by the next one, in its order", () => {
  const lines = new RoomLines();
  say(lines, 0, 50);
  expect(lines.shown).toEqual([]);
  lines.turn(true);
  const first = lines.shown;
  expect(keys(lines)).toEqual([...Array(50).keys()].map(String));
  lines.turn(true);
  expect(lines.shown).toBe(first);
});

test("no more than so many are held, shown and waiting, however many come", () => {
  const lines = new RoomLines();
  for (let round = 0; round < 10; round++) {
    say(lines, round * 1_000, 1_000);
    lines.turn(true);
    expect(lines.shown).toHaveLength(MOST_LINES);
  }
  expect([keys(lines)[0], keys(lines).at(-1)]).toEqual([String(10_000 - MOST_LINES), "9999"]);
  say(lines, 10_000, 3 * MOST_LINES);
  lines.turn(false);
  lines.turn(true);
  expect(keys(lines)).toHaveLength(MOST_LINES);
  expect(keys(lines).at(-1)).toBe(String(10_000 + 3 * MOST_LINES - 1));
});

test("nothing above moves for whoever reads there, and what came meanwhile is counted", () => {
  const lines = new RoomLines(10);
  say(lines, 0, 8);
  lines.turn(true);
  say(lines, 8, 7);
  lines.turn(false);
  // Two find a place below, the others wait.
  expect(keys(lines)).toEqual([...Array(10).keys()].map(String));
  expect(lines.fresh).toBe(7);
  say(lines, 15, 1);
  lines.turn(false);
  expect([keys(lines)[0], lines.fresh]).toEqual(["0", 8]);
  lines.turn(true);
  expect([keys(lines)[0], keys(lines).at(-1), lines.fresh]).toEqual(["6", "15", 0]);
});

test("a gap stands where it was, once, and is no message", () => {
  const lines = new RoomLines();
  say(lines, 0, 1);
  lines.gap();
  lines.gap();
  lines.turn(false);
  expect(lines.shown.map(({ kind }) => kind)).toEqual(["said", "gap"]);
  expect(lines.fresh).toBe(1);
  lines.gap();
  say(lines, 1, 1);
  lines.gap();
  lines.turn(false);
  expect(lines.shown.map(({ kind }) => kind)).toEqual(["said", "gap", "said", "gap"]);
  expect(new Set(keys(lines)).size).toBe(4);
});

test("a room has one address, whatever its name is made of", () => {
  for (const room of ["chat://lobby", "live:1", "a/b?c#d e", "大厅", "100%"]) {
    const address = roomAddress(room);
    expect(address.split("/")).toHaveLength(3);
    expect(roomMeant(`https://parlor.example:8443${address}`, "chat://")).toBe(room);
  }
});

test("a word is a room in which people talk, a whole name is itself", () => {
  expect(roomMeant("  Film   club ", "chat://")).toBe("chat://Film club");
  expect(roomMeant("live://1000", "chat://")).toBe("live://1000");
  expect(roomMeant("live:1", "chat://")).toBe("live:1");
  expect(roomMeant("lobby", "")).toBe("lobby");
  expect(roomMeant(" ", "chat://")).toBe("");
  expect(roomMeant("https://example.org/room/%E0%A4%A", "chat://")).toBe("");
  expect([roomTitle("chat://lobby"), roomTitle("live://1"), roomTitle("chat://")]).toEqual(["lobby", "live://1", "chat://"]);
});

test("what is too long says how many characters must go", () => {
  expect(charactersOver("a".repeat(10), 10)).toBe(0);
  expect(charactersOver("a".repeat(13), 10)).toBe(3);
  expect(charactersOver("语".repeat(4), 10)).toBe(1);
  expect(charactersOver("ab😀", 5)).toBe(1);
  expect(charactersOver("", 1)).toBe(0);
});
