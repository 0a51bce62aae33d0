import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Database } from "../src/database";
import { Drafts, type KeptDraft } from "../src/drafts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function drafts(factory: IDBFactory, page: EventTarget | null = null): Drafts {
  return new Drafts(new Database(factory).table<KeptDraft>("drafts"), page);
}

test("a draft survives a reload and an emptied one does not", async () => {
  const factory = new IDBFactory();
  const first = drafts(factory);
  await first.begin("1");
  first.set("9", "hel");
  first.set("9", "hello");
  first.set("8", "gone");
  first.set("8", "");
  vi.advanceTimersByTime(300);
  await quiet();
  const second = drafts(factory);
  await second.begin("1");
  expect([...second.all.get()]).toEqual([["9", "hello"]]);
});

test("leaving the page keeps what was typed a moment ago", async () => {
  const factory = new IDBFactory();
  const page = new EventTarget();
  const first = drafts(factory, page);
  await first.begin("1");
  first.set("9", "almost");
  page.dispatchEvent(new Event("pagehide"));
  await quiet();
  const second = drafts(factory);
  await second.begin("1");
  expect(second.get("9")).toBe("almost");
});

test("what is typed while the drafts are read wins over what was stored", async () => {
  const factory = new IDBFactory();
  const first = drafts(factory);
  await first.begin("1");
  first.set("9", "old");
  first.end();
  await quiet();
  const second = drafts(factory);
  const ready = second.begin("1");
  second.set("9", "new");
  await ready;
  expect(second.get("9")).toBe("new");
});

test("each person has their own, and signing out forgets them", async () => {
  const factory = new IDBFactory();
  const all = drafts(factory);
  await all.begin("1");
  all.set("9", "mine");
  await all.begin("2");
  expect(all.get("9")).toBe("");
  await all.begin("1");
  expect(all.get("9")).toBe("mine");
  await all.forget("1");
  await quiet();
  await all.begin("1");
  expect(all.get("9")).toBe("");
});
