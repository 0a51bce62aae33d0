import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { surroundings } from "../src/environment";
import { Tab } from "../src/tab";
import { FakeLocks, MapShelf } from "./support/browser";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a reloaded tab keeps its id", async () => {
  const [locks, tabShelf] = [new FakeLocks(), new MapShelf()];
  const before = new Tab(surroundings({ locks, tabShelf }));
  const id = await before.id;
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  before.close();
  expect(await new Tab(surroundings({ locks, tabShelf })).id).toBe(id);
});

test("a duplicated tab gets an id of its own, and both know that the other lives", async () => {
  const [locks, tabShelf] = [new FakeLocks(), new MapShelf()];
  const one = new Tab(surroundings({ locks, tabShelf }));
  const oneId = await one.id;
  const two = new Tab(surroundings({ locks, tabShelf: tabShelf.copy() }));
  await vi.advanceTimersByTimeAsync(400);
  const twoId = await two.id;
  expect(twoId).not.toBe(oneId);
  expect(await one.living()).toEqual(new Set([oneId, twoId]));
  two.close();
  await Promise.resolve();
  await Promise.resolve();
  expect(await one.living()).toEqual(new Set([oneId]));
});

test("a page that lets go of its id a moment late is waited for", async () => {
  const [locks, tabShelf] = [new FakeLocks(), new MapShelf()];
  const before = new Tab(surroundings({ locks, tabShelf }));
  const id = await before.id;
  const after = new Tab(surroundings({ locks, tabShelf }));
  await vi.advanceTimersByTimeAsync(300);
  before.close();
  expect(await after.id).toBe(id);
});

test("where tabs cannot know each other the id is kept and nobody is counted", async () => {
  const tab = new Tab(surroundings({ locks: null, tabShelf: new MapShelf() }));
  expect(await tab.id).toHaveLength(16);
  expect(await tab.living()).toBeNull();
});
