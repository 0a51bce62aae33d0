import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ANN, BOB, Chat, message } from "./support/chat";
import { Browser, Page, type Circumstances } from "./support/page";

// IndexedDB itself needs real macrotasks; only the clock of the code under test stands still.
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What waits to be written, and what a hole waits for, has its time. */
async function settled(): Promise<void> {
  await quiet();
  await vi.advanceTimersByTimeAsync(1_000);
  await quiet();
}

async function visit(chat: Chat, browser: Browser, how: Circumstances = {}): Promise<Page> {
  const page = await new Page(chat, { browser, pushes: true, ...how }).begin();
  if (chat.online) page.greet();
  await settled();
  return page;
}

const disk = (): Browser => new Browser(new IDBFactory());
const seqs = (page: Page, id: string): number[] => page.store.thread(id).get().events.map((event) => event.seq);
const rowIds = (page: Page): string[] => page.store.conversations.get().rows.map((row) => row.id);

async function offline(chat: Chat, browser: Browser, how: Circumstances = {}): Promise<Page> {
  chat.online = false;
  return visit(chat, browser, how);
}

test("a page opened without a network shows the conversations, messages and people that were there", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 60);
  chat.fill("8", 3);
  const before = await visit(chat, browser);
  before.store.open("9");
  before.store.user(BOB.id);
  await settled();
  await before.store.loadOlder("9");
  chat.act("9", BOB.id, "edit", { target: 60, text: "changed" });
  chat.put("s:theme", "setting", "dark");
  await settled();
  before.close();

  const after = await offline(chat, browser);
  expect(after.store.conversations.get().status).toBe("ready");
  expect(rowIds(after)).toEqual(["9", "8"]);
  after.store.open("9");
  after.store.open("8");
  await settled();
  expect(after.store.thread("9").get()).toMatchObject({ status: "ready", conversation: { last_seq: 61 } });
  expect(seqs(after, "9")).toEqual(seqs(before, "9"));
  expect(after.store.thread("9").get().states.get(60)).toMatchObject({ text: "changed", edits: [61] });
  expect(seqs(after, "8")).toEqual([1, 2, 3]);
  expect(after.store.user(BOB.id)).toEqual(BOB);
  expect(after.store.entries.get().get("s:theme")?.body).toBe('"dark"');
});

test("what expires before it is read is unread no more, while the page is open and while it is not", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 2);
  const first = await visit(chat, browser);
  const unread = (page: Page): number => page.store.conversations.get().unread;
  for (const inMs of [60_000, 120_000, 180_000]) {
    const event = { ...chat.append("9", BOB.id), expires_at: Date.now() + inMs };
    first.store.onEvent(event);
  }
  await settled();
  expect(unread(first)).toBe(5);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(unread(first)).toBe(4);
  await settled();
  first.close();
  vi.setSystemTime(Date.now() + 60_000);

  const again = await offline(chat, browser);
  expect(unread(again)).toBe(3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(unread(again)).toBe(2);
});

test("the first paint does not wait for the server, and what happened since is asked for at once", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 5);
  (await visit(chat, browser)).close();
  chat.act("9", BOB.id, "reaction", { target: 2, emoji: "👍" });
  chat.fill("9", 2);
  chat.fill("7", 1);
  chat.online = false;
  const page = await new Page(chat, { browser }).begin();
  page.store.open("9");
  await quiet();
  expect(seqs(page, "9")).toEqual([1, 2, 3, 4, 5]);
  chat.online = true;
  const before = chat.asked.length;
  page.greet();
  await settled();
  expect(chat.asked.slice(before).filter(({ method }) => method === "sync.changes")).toMatchObject([
    { params: { have: { "9": 5 } } },
  ]);
  expect(seqs(page, "9")).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(page.store.thread("9").get().states.get(2)?.reactions).toMatchObject([{ emoji: "👍", count: 1 }]);
  expect(rowIds(page)).toContain("7");
});

test("what was edited, taken back or given a reaction while nobody looked is so without a network too", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 4);
  (await visit(chat, browser)).close();
  chat.act("9", BOB.id, "edit", { target: 1, text: "changed" });
  chat.act("9", BOB.id, "recall", { target: 2 });
  (await visit(chat, browser)).close(); // caught up, but never opened the conversation
  const page = await offline(chat, browser);
  page.store.open("9");
  await settled();
  const { states, events } = page.store.thread("9").get();
  expect(states.get(1)?.text).toBe("changed");
  expect(states.get(2)?.recalled_by).toBe(BOB.id);
  expect(events[1]?.text).toBe("");
  const kept = await page.database.read<{ event: { seq: number; text?: string } }>("events");
  expect(kept.find(({ event }) => event.seq === 2)?.event.text).toBe("");
});

test("a message that has expired is not shown from what was kept", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 1);
  Object.assign(chat.append("9", BOB.id), { text: "secret", expires_at: Date.now() + 60_000 });
  (await visit(chat, browser)).close();
  vi.setSystemTime(Date.now() + 120_000);
  const page = await offline(chat, browser);
  page.store.open("9");
  await settled();
  expect(page.store.thread("9").get().events.map((event) => event.text)).toEqual(["message 1", ""]);
});

test("of each conversation the newest are kept, and of all those that were active last", async () => {
  const chat = new Chat();
  const browser = disk();
  for (const id of ["a", "b", "c", "d"]) chat.fill(id, 20);
  const keep = { eventsEach: 10, eventsInAll: 25, conversations: 3 };
  const before = await visit(chat, browser, { keep });
  await before.local.flush();
  const count = (id: string): Promise<number> => before.database.count("events", `${ANN.id}/${id}/`);
  expect(await Promise.all(["a", "b", "c", "d"].map(count))).toEqual([0, 0, 10, 10]);
  expect(await before.database.count("rows", `${ANN.id}/`)).toBe(3);
  before.close();
  const page = await offline(chat, browser, { keep });
  page.store.open("d");
  await settled();
  expect(seqs(page, "d")).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
});

test("a hole in what was kept is not shown as if there were none", async () => {
  const chat = new Chat();
  const browser = disk();
  const page = await visit(chat, browser);
  page.local.keepEvents("9", [1, 2, 5, 6].map((seq) => ({ event: message("9", seq, BOB.id), state: null })));
  await settled();
  expect((await page.local.events("9")).map(({ event }) => event.seq)).toEqual([5, 6]);
});

test("an older state or entry, from a tab that is behind, replaces no newer one", async () => {
  const browser = disk();
  const { local } = await visit(new Chat(), browser);
  const event = message("9", 1, BOB.id);
  const entry = { key: "s:a", kind: "setting" as const, at_ms: 1 };
  const mark = { epoch: "e1", older: "" };
  local.keepEvents("9", [{ event, state: { seq: 1, changed_seq: 9, pinned: true } }]);
  local.keepEvents("9", [{ event, state: { seq: 1, changed_seq: 8 } }, { event, state: null }]);
  local.keepOwn([{ ...entry, seq: 5, body: "2" }], { ...mark, selfSeq: 5 });
  local.keepOwn([{ ...entry, seq: 4, body: "1" }], { ...mark, selfSeq: 4 });
  await settled();
  expect(await local.events("9")).toMatchObject([{ state: { changed_seq: 9, pinned: true } }]);
  expect(await local.begin(ANN.id)).toMatchObject({ selfSeq: 5, entries: [{ seq: 5, body: "2" }] });
});

test("signing out erases it, and another person of this browser never sees it", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 3);
  const ann = await visit(chat, browser);
  ann.close();
  const bob = await offline(chat, browser, { user: BOB });
  expect(rowIds(bob)).toEqual([]);
  bob.store.open("9");
  await settled();
  expect(seqs(bob, "9")).toEqual([]);
  await bob.local.forget(ANN.id);
  for (const store of ["rows", "events", "entries", "users", "marks"] as const) {
    expect(await bob.database.read(store, { prefix: `${ANN.id}/` })).toEqual([]);
  }
});

test("a server that began anew erases what was kept, and nothing that was not sent yet", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 5);
  chat.put("s:theme", "setting", "dark");
  const before = await visit(chat, browser);
  chat.online = false;
  before.outbox.send({ conversationId: "9", text: "hi" });
  await settled();
  before.close();
  chat.online = true;
  chat.logs.clear();
  chat.own.clear();
  chat.ownSeq = 0;
  chat.fill("9", 2);
  const page = await new Page(chat, { browser }).begin();
  page.greet(chat.hello({ epoch: "e2" })); // not told: this page has not said hello before
  await settled();
  page.store.open("9");
  await settled();
  expect(seqs(page, "9")).toEqual([1, 2, 3]);
  expect(page.store.entries.get().size).toBe(0);
  page.close();
  const later = await offline(chat, browser);
  later.store.open("9");
  await settled();
  expect(seqs(later, "9")).toEqual([1, 2, 3]);
});

test("conversations one is no longer in are gone, also when that happened while away", async () => {
  const chat = new Chat();
  const browser = disk();
  for (const id of ["7", "8", "9"]) chat.fill(id, 3);
  const before = await visit(chat, browser);
  chat.act("7", BOB.id, "left", { members: [ANN.id] });
  await settled();
  expect(rowIds(before)).not.toContain("7");
  before.close();
  chat.logs.delete("7");
  chat.logs.delete("8");
  const page = await visit(chat, browser);
  expect(rowIds(page)).toEqual(["9"]);
  expect(await page.database.count("events", `${ANN.id}/8/`)).toBe(0);
});

test("a conversation of which too much is missing begins anew", async () => {
  const chat = new Chat();
  const browser = disk();
  chat.fill("9", 5);
  (await visit(chat, browser)).close();
  chat.fill("9", 20);
  const reset: typeof chat.ask = async (method, params) => {
    const answer = await chat.ask(method, params);
    if (method !== "sync.changes") return answer;
    const page = structuredClone(answer) as unknown as { changes: { events: { seq: number }[]; reset: boolean }[] };
    for (const change of page.changes) {
      change.reset = true;
      change.events = change.events.filter((event) => event.seq > 15);
    }
    return page as unknown as typeof answer;
  };
  const page = await visit(chat, browser, { ask: reset });
  page.store.open("9");
  await settled();
  expect(seqs(page, "9").slice(0, 1)).toEqual([16]);
  expect(await page.database.count("events", `${ANN.id}/9/`)).toBe(10);
});

test("without a disk everything works, for as long as the page lives", async () => {
  const broken = { open: () => { throw new Error("no"); } } as unknown as IDBFactory;
  for (const browser of [new Browser(null), new Browser(broken)]) {
    const chat = new Chat();
    chat.fill("9", 3);
    const page = await visit(chat, browser);
    page.store.open("9");
    page.outbox.send({ conversationId: "9", text: "hi" });
    await settled();
    expect(seqs(page, "9")).toEqual([1, 2, 3, 4]);
    expect(page.queue.acts.get()).toEqual([]);
  }
});
