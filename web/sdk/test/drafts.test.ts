import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BOB, Chat } from "./support/chat";
import { Browser, Page, type Circumstances } from "./support/page";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Every tab of these tests is without a link, unless it says otherwise. */
async function tab(browser: Browser, how: Circumstances & { chat?: Chat } = {}): Promise<Page> {
  const page = await new Page(how.chat ?? new Chat(), { browser, ...how }).begin();
  await quiet();
  return page;
}

/** A tab that the server has greeted, and that hears what other devices do. */
async function online(): Promise<{ chat: Chat; page: Page }> {
  const chat = new Chat();
  const page = await tab(new Browser(), { chat, pushes: true });
  page.greet();
  await quiet();
  return { chat, page };
}

/** A second goes by: what was typed is kept and told by then. */
async function aSecond(): Promise<void> {
  vi.advanceTimersByTime(1_000);
  await quiet();
}

test("a draft survives a reload and an emptied one does not", async () => {
  const browser = new Browser(new IDBFactory());
  const first = await tab(browser);
  first.drafts.set("9", "hel");
  first.drafts.set("9", "hello");
  first.drafts.set("8", "gone");
  first.drafts.set("8", "");
  await aSecond();
  const second = await tab(browser);
  expect([...second.drafts.all.get()]).toEqual([["9", "hello"]]);
});

test("leaving the page keeps what was typed a moment ago", async () => {
  const browser = new Browser(new IDBFactory());
  const first = await tab(browser);
  first.drafts.set("9", "almost", 7);
  first.target.dispatchEvent(new Event("pagehide"));
  await quiet();
  const second = await tab(browser);
  expect(second.drafts.draft("9")).toEqual({ text: "almost", reply_to: 7 });
});

test("what is typed while the drafts are read wins over what was stored", async () => {
  const browser = new Browser(new IDBFactory());
  const first = await tab(browser);
  first.drafts.set("9", "old");
  first.target.dispatchEvent(new Event("pagehide"));
  await quiet();
  const second = new Page(new Chat(), { browser });
  const begun = second.begin();
  second.drafts.set("9", "new");
  await begun;
  expect(second.drafts.get("9")).toBe("new");
});

test("typing for a while tells the server now and then, and at last what is there", async () => {
  const { chat, page } = await online();
  for (let typed = 1; typed <= 30; typed += 1) {
    page.drafts.set("9", "x".repeat(typed));
    vi.advanceTimersByTime(100);
    await quiet();
  }
  await aSecond();
  expect(chat.count("draft.set")).toBeLessThanOrEqual(4);
  expect(chat.own.get("d:9")?.body).toBe(JSON.stringify({ text: "x".repeat(30), reply_to: 0 }));
});

test("what another device writes shows here, but not over what is being typed", async () => {
  const { chat, page } = await online();
  chat.put("d:9", "draft", { text: "from the phone" });
  expect(page.drafts.get("9")).toBe("from the phone");
  page.drafts.set("9", "from here");
  chat.put("d:9", "draft", { text: "still typing there" });
  expect(page.drafts.get("9")).toBe("from here");
});

test("what is written and sent within a moment is told to nobody", async () => {
  const { chat, page } = await online();
  page.drafts.set("9", "hello");
  page.drafts.set("9", "");
  await aSecond();
  expect(chat.count("draft.set")).toBe(0);
  expect([...page.drafts.all.get()]).toEqual([]);
});

test("sending here does not forget what another device writes a moment later", async () => {
  const { chat, page } = await online();
  page.drafts.set("9", "hello");
  await aSecond();
  page.drafts.set("9", "");
  chat.put("d:9", "draft", { text: "to be continued" });
  await aSecond();
  expect(chat.own.get("d:9")?.body).toContain("to be continued");
  expect([...page.drafts.all.get()]).toEqual([["9", "to be continued"]]);
});

test("what was sent without a network forgets no draft that another device wrote meanwhile", async () => {
  const { chat, page } = await online();
  page.drafts.set("9", "hello");
  await aSecond();
  chat.online = false;
  page.queue.pause();
  page.drafts.set("9", "");
  await aSecond();
  chat.put("d:9", "draft", { text: "to be continued" });
  chat.online = true;
  page.greet();
  await quiet();
  expect(chat.own.get("d:9")?.body).toContain("to be continued");
  expect(page.drafts.get("9")).toBe("to be continued");
});

test("what was written here is forgotten when it is sent, also before its answer came", async () => {
  const { chat, page } = await online();
  page.drafts.set("9", "hello");
  vi.advanceTimersByTime(1_000);
  page.drafts.set("9", "");
  await aSecond();
  expect(chat.own.get("d:9")?.body ?? null).toBeNull();
  expect([...page.drafts.all.get()]).toEqual([]);
});

test("each person has their own, and signing out forgets them", async () => {
  const browser = new Browser(new IDBFactory());
  const ann = await tab(browser);
  ann.drafts.set("9", "mine");
  ann.target.dispatchEvent(new Event("pagehide"));
  await quiet();
  const bob = await tab(browser, { user: BOB });
  expect(bob.drafts.get("9")).toBe("");
  const again = await tab(browser);
  expect(again.drafts.get("9")).toBe("mine");
  await again.queue.forget("1");
  await quiet();
  expect((await tab(browser)).drafts.get("9")).toBe("");
});
