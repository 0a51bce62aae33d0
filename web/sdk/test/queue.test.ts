import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Act } from "../src/act";
import type { Ask } from "../src/ask";
import { ParlorError } from "../src/errors";
import { ANN, BOB, Chat } from "./support/chat";
import { Browser, Page, type Circumstances } from "./support/page";

// IndexedDB itself needs real macrotasks; only the clock of the code under test stands still.
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function tab(chat: Chat, browser: Browser, how: Circumstances = {}): Promise<Page> {
  const page = await new Page(chat, { browser, pushes: true, ...how }).begin();
  if (chat.online) page.greet();
  await quiet();
  return page;
}

const browserWithDisk = (): Browser => new Browser(new IDBFactory());
const texts = (chat: Chat): (string | undefined)[] =>
  chat.log("9").filter((event) => event.kind === "message" && event.sender === ANN.id).map((event) => event.text);
const stateOf = (page: Page, seq: number) => page.store.thread("9").get().states.get(seq);
const rowOf = (page: Page) => page.store.conversations.get().rows.find((row) => row.id === "9");

function react(page: Page, emoji: string, off = false): string {
  const client_id = `${emoji}${off}${page.queue.acts.get().length}`;
  const params = { conversation_id: "9", seq: 1, client_id, emoji, off };
  return page.queue.add("message.react", params, { lane: "9", clientId: client_id });
}

test("an act shows at once, and the server's word takes its place", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const page = await tab(chat, new Browser());
  page.store.open("9");
  await quiet();
  react(page, "👍");
  expect(stateOf(page, 1)?.reactions).toEqual([{ emoji: "👍", count: 1, users: [ANN.id], mine: true }]);
  await quiet();
  expect(page.queue.acts.get()).toEqual([]);
  expect(stateOf(page, 1)).toEqual(chat.state("9", 1));
});

test("a refused act is undone, says why, and stays until it is dropped", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const page = await tab(chat, browserWithDisk());
  page.store.open("9");
  await quiet();
  chat.refusals.set("message.edit", [new ParlorError("forbidden", "Not yours.")]);
  const params = { conversation_id: "9", seq: 1, client_id: "e1", text: "changed" };
  page.queue.add("message.edit", params, { lane: "9", clientId: "e1" });
  expect(stateOf(page, 1)?.text).toBe("changed");
  await quiet();
  expect(stateOf(page, 1)?.text).toBeUndefined();
  expect(page.queue.acts.get()).toMatchObject([{ state: "refused", error: { code: "forbidden" } }]);
  page.queue.drop("e1");
  await quiet();
  expect(page.queue.acts.get()).toEqual([]);
  expect(await page.database.read("outgoing")).toEqual([]);
});

test("acts without a link are shown, kept over a reload, and done once in their order", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const browser = browserWithDisk();
  const before = await tab(chat, browser);
  before.store.open("9");
  await quiet();
  chat.online = false;
  before.outbox.send({ conversationId: "9", text: "a" });
  react(before, "👍");
  before.outbox.send({ conversationId: "9", text: "b" });
  before.queue.add("conversation.set", { conversation_id: "9", pinned: true }, { lane: "own" });
  expect(rowOf(before)?.pinned).toBe(true);
  await quiet();
  before.close();
  const after = await tab(chat, browser);
  expect(after.queue.acts.get().map((act) => act.method)).toEqual([
    "message.send", "message.react", "message.send", "conversation.set",
  ]);
  expect(rowOf(after)?.pinned).toBe(true);
  chat.online = true;
  after.greet();
  await quiet();
  expect(chat.log("9").slice(2).map((event) => event.text ?? event.emoji)).toEqual(["a", "👍", "b"]);
  expect(after.queue.acts.get()).toEqual([]);
  expect(rowOf(after)?.pinned).toBe(true);
});

test("a tab that is closed in the middle of a send loses nothing: the next one sends it, once", async () => {
  const chat = new Chat();
  const browser = browserWithDisk();
  let arrived = 0;
  const cut: Ask = async (method, params) => {
    if (method !== "message.send") return chat.ask(method, params);
    arrived += 1;
    await chat.ask(method, params);
    return new Promise(() => undefined); // the server has it, and the answer never comes
  };
  const first = await tab(chat, browser, { sendAsk: cut });
  first.outbox.send({ conversationId: "9", text: "a" });
  first.outbox.send({ conversationId: "9", text: "b" });
  await quiet();
  expect(arrived).toBe(1);
  first.close();
  const second = await tab(chat, browser);
  await quiet();
  expect(texts(chat)).toEqual(["a", "b"]);
  expect(second.outbox.messages.get().size).toBe(0);
});

test("nothing is sent before it is stored", async () => {
  const chat = new Chat();
  const browser = browserWithDisk();
  const stored: string[][] = [];
  const other = await tab(new Chat(), browser, { locks: false });
  const watching: Ask = async (method, params) => {
    const acts = await other.database.read<Act>("outgoing");
    stored.push(acts.map((act) => act.method));
    return chat.ask(method, params);
  };
  const page = await tab(chat, browser, { sendAsk: watching });
  page.outbox.send({ conversationId: "9", text: "a" });
  await quiet();
  expect(stored).toEqual([["message.send"]]);
});

test("of two tabs one sends, both show, and what one does the other has at once", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const browser = browserWithDisk();
  const [one, two] = [await tab(chat, browser), await tab(chat, browser)];
  for (const page of [one, two]) page.store.open("9");
  await quiet();
  two.outbox.send({ conversationId: "9", text: "from two" });
  one.outbox.send({ conversationId: "9", text: "from one" });
  two.store.markRead("9", 2);
  two.queue.add("setting.set", { name: "theme", value: '"dark"' }, { lane: "own", slot: "setting/theme" });
  await Promise.resolve();
  await Promise.resolve();
  for (const page of [one, two]) {
    expect(page.store.entries.get().get("s:theme")?.body).toBe('"dark"');
    expect(rowOf(page)?.unread).toBe(0);
  }
  await quiet();
  expect(chat.count("message.send")).toBe(2);
  expect(chat.count("setting.set")).toBe(1);
  for (const page of [one, two]) {
    expect(page.queue.acts.get()).toEqual([]);
    expect(page.store.thread("9").get().events).toEqual(chat.log("9"));
    expect(page.store.thread("9").get().outgoing).toEqual([]);
  }
});

test("a draft typed in one tab shows in the other, without a link too", async () => {
  const chat = new Chat();
  chat.online = false;
  const browser = browserWithDisk();
  const [one, two] = [await tab(chat, browser), await tab(chat, browser)];
  one.drafts.set("9", "hello");
  vi.advanceTimersByTime(1_000);
  await quiet();
  expect(two.drafts.get("9")).toBe("hello");
  two.drafts.set("9", "");
  vi.advanceTimersByTime(1_000);
  await quiet();
  expect(one.drafts.get("9")).toBe("");
});

test("when the tab that sends is closed, or loses its link, the other goes on", async () => {
  const chat = new Chat();
  const browser = browserWithDisk();
  const silent: Ask = (method, params) =>
    method === "message.send" ? new Promise(() => undefined) : chat.ask(method, params);
  const one = await tab(chat, browser, { sendAsk: silent });
  const two = await tab(chat, browser);
  two.outbox.send({ conversationId: "9", text: "hi" });
  await quiet();
  expect(texts(chat)).toEqual([]);
  one.queue.pause();
  await quiet();
  expect(texts(chat)).toEqual(["hi"]);
  expect(two.outbox.messages.get().size).toBe(0);
  expect(one.outbox.messages.get().size).toBe(0);
});

test("tabs that cannot know of each other send what is their own, and double nothing", async () => {
  const chat = new Chat();
  const browser = browserWithDisk();
  const [one, two] = [await tab(chat, browser, { locks: false }), await tab(chat, browser, { locks: false })];
  one.outbox.send({ conversationId: "9", text: "a" });
  two.outbox.send({ conversationId: "9", text: "b" });
  await quiet();
  expect(texts(chat).sort()).toEqual(["a", "b"]);
  expect(chat.count("message.send")).toBe(2);
});

test("only the last of what replaces itself is sent", async () => {
  const chat = new Chat();
  chat.fill("9", 9);
  const page = await tab(chat, browserWithDisk());
  chat.online = false;
  for (let seq = 1; seq <= 9; seq += 1) page.store.markRead("9", seq);
  const set = (change: object): unknown =>
    page.queue.add("conversation.set", { conversation_id: "9", ...change }, { lane: "own", slot: "c/9" });
  set({ pinned: true });
  set({ notify: "nothing" });
  await quiet();
  expect(page.queue.acts.get().map((act) => act.params)).toEqual([
    { conversation_id: "9", seq: 9 },
    { conversation_id: "9", pinned: true, notify: "nothing" },
  ]);
  const before = chat.count("read.set");
  chat.online = true;
  page.greet();
  await quiet();
  expect(chat.count("read.set") - before).toBe(1);
  expect(rowOf(page)).toMatchObject({ pinned: true, notify: "nothing", read_seq: 9, unread: 0 });
});

test("who waits for an act is told what became of it, also when another tab sent it", async () => {
  const chat = new Chat();
  chat.fill("9", 1);
  const browser = browserWithDisk();
  const one = await tab(chat, browser);
  const two = await tab(chat, browser);
  const edit = (text: string, client_id: string) =>
    two.queue.do("message.edit", { conversation_id: "9", seq: 1, client_id, text }, { lane: "9", clientId: client_id });
  const done = edit("new", "e1");
  await quiet();
  expect((await done).event).toMatchObject({ kind: "edit", text: "new" });
  chat.refusals.set("message.edit", [new ParlorError("forbidden", "No.")]);
  const refused = expect(edit("newer", "e2")).rejects.toMatchObject({ code: "forbidden" });
  await quiet();
  await refused;
  for (const page of [one, two]) expect(page.queue.acts.get()).toEqual([]);
  expect(await two.database.read("outgoing")).toEqual([]);
  const dropped = expect(edit("newest", "e3")).rejects.toMatchObject({ code: "aborted" });
  two.queue.end();
  await dropped;
});

test("another person in the same browser sees and sends nothing of it", async () => {
  const chat = new Chat();
  chat.online = false;
  const browser = browserWithDisk();
  const ann = await tab(chat, browser);
  const bob = await tab(chat, browser, { user: BOB });
  ann.outbox.send({ conversationId: "9", text: "mine" });
  await quiet();
  expect(bob.queue.acts.get()).toEqual([]);
  ann.close();
  bob.close();
  const later = await tab(chat, browser, { user: BOB });
  expect(later.queue.acts.get()).toEqual([]);
});
