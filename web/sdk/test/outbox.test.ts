import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Act } from "../src/act";
import type { Ask } from "../src/ask";
import { ParlorError } from "../src/errors";
import { eventKey } from "../src/event_key";
import type { Outbox } from "../src/outbox";
import type { Event, User } from "../src/protocol";
import { ANN, BOB, Chat } from "./support/chat";
import { Browser, Page } from "./support/page";

// IndexedDB itself needs real macrotasks; only the clock of the code under test stands still.
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface Circumstances {
  browser?: Browser;
  user?: User;
  sendAsk?: Ask;
}

async function page(chat: Chat, how: Circumstances = {}): Promise<Page> {
  const made = await new Page(chat, how).begin();
  if (chat.online) made.queue.resume();
  await quiet();
  return made;
}

const texts = (chat: Chat, id: string): (string | undefined)[] => chat.log(id).map((event) => event.text);
const waiting = (outbox: Outbox, id: string) => outbox.messages.get().get(id) ?? [];
const stored = async ({ database }: Page): Promise<string[]> =>
  (await database.read<Act<"message.send">>("outgoing")).map((act) => act.params.text);

test("a message shows at once and becomes the stored event under the same key, never twice", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const { outbox, store } = await page(chat, { browser: new Browser(new IDBFactory()) });
  store.open("9");
  await quiet();
  const seen: string[][] = [];
  store.thread("9").subscribe((view) => seen.push([...view.events, ...view.outgoing].map(eventKey)));
  const clientId = outbox.send({ conversationId: "9", text: "hi" });
  expect(store.thread("9").get().outgoing).toMatchObject([{ text: "hi", state: "sending" }]);
  await quiet();
  expect(store.thread("9").get()).toMatchObject({ outgoing: [] });
  expect(store.thread("9").get().events.at(-1)).toMatchObject({ client_id: clientId, text: "hi" });
  for (const keys of seen) {
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.at(-1)).toBe(`${ANN.id}:${clientId}`);
  }
});

test("the push may come before the reply, or the reply before the push", async () => {
  for (const first of ["push", "reply"]) {
    const chat = new Chat();
    chat.fill("9", 1);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const ask: Ask = async (method, params) => {
      const answer = await chat.ask(method, params);
      await held;
      return answer;
    };
    const { outbox, store } = await page(chat, { sendAsk: ask });
    store.open("9");
    await quiet();
    outbox.send({ conversationId: "9", text: "hi" });
    await quiet();
    const push = (): void => store.onEvent(chat.log("9").at(-1) as Event);
    if (first === "push") push();
    if (first === "push") expect(store.thread("9").get().outgoing).toEqual([]);
    release();
    await quiet();
    push();
    expect(store.thread("9").get().events.map((event) => event.seq)).toEqual([1, 2]);
    expect(store.thread("9").get().outgoing).toEqual([]);
  }
});

test("a stored message with a hole before it stays at the end until the hole is filled", async () => {
  const chat = new Chat();
  chat.fill("9", 1);
  const { outbox, store } = await page(chat);
  store.open("9");
  await quiet();
  chat.append("9", BOB.id);
  outbox.send({ conversationId: "9", text: "hi" });
  await quiet();
  expect(store.thread("9").get().events).toHaveLength(1);
  expect(store.thread("9").get().outgoing).toMatchObject([{ text: "hi", state: "sending" }]);
  await vi.advanceTimersByTimeAsync(300);
  expect(store.thread("9").get().events).toHaveLength(3);
  expect(store.thread("9").get().outgoing).toEqual([]);
});

test("messages of one conversation arrive in order, one at a time", async () => {
  const chat = new Chat();
  const { outbox } = await page(chat);
  for (const text of ["a", "b", "c"]) outbox.send({ conversationId: "9", text });
  outbox.send({ conversationId: "8", text: "x" });
  await quiet();
  expect(texts(chat, "9")).toEqual(["a", "b", "c"]);
  expect(texts(chat, "8")).toEqual(["x"]);
});

test("without a link messages wait and are sent in order at the next hello", async () => {
  const chat = new Chat();
  chat.online = false;
  const { outbox, queue } = await page(chat);
  for (const text of ["a", "b"]) outbox.send({ conversationId: "9", text });
  await quiet();
  expect(waiting(outbox, "9").map((message) => message.state)).toEqual(["sending", "sending"]);
  chat.online = true;
  queue.resume();
  queue.resume();
  await quiet();
  expect(texts(chat, "9")).toEqual(["a", "b"]);
  expect(outbox.messages.get().size).toBe(0);
});

test("a message whose acknowledgement was lost is sent again and stored once", async () => {
  const chat = new Chat();
  let lose = true;
  const ask: Ask = async (method, params) => {
    const answer = await chat.ask(method, params);
    if (lose) throw new ParlorError("offline", "", true);
    return answer;
  };
  const { outbox, queue, store } = await page(chat, { sendAsk: ask });
  store.open("9");
  await quiet();
  outbox.send({ conversationId: "9", text: "hi" });
  await quiet();
  lose = false;
  queue.resume();
  await quiet();
  expect(texts(chat, "9")).toEqual(["hi"]);
  expect(store.thread("9").get()).toMatchObject({ outgoing: [], events: [{ text: "hi" }] });
});

test("a reload sends what was waiting, under the same client_id, in order", async () => {
  const chat = new Chat();
  const browser = new Browser(new IDBFactory());
  chat.online = false;
  const before = await page(chat, { browser });
  const ids = ["a", "b", "c"].map((text) => {
    vi.setSystemTime(Date.now() + 1);
    return before.outbox.send({ conversationId: "9", text });
  });
  await quiet();
  before.close();
  chat.online = true;
  const after = await page(chat, { browser });
  await quiet();
  expect(chat.log("9").map((event) => event.client_id)).toEqual(ids);
  expect(await stored(after)).toEqual([]);
});

test("a refused message says why, lets others pass, and can be retried or discarded", async () => {
  const chat = new Chat();
  const browser = new Browser(new IDBFactory());
  const first = await page(chat, { browser });
  const { outbox } = first;
  const refusals = [new ParlorError("text_too_long", "Too long."), new ParlorError("bad_text", "Bad.")];
  chat.refusals.set("message.send", refusals);
  const long = outbox.send({ conversationId: "9", text: "long" });
  const bad = outbox.send({ conversationId: "9", text: "bad" });
  outbox.send({ conversationId: "9", text: "fine" });
  await quiet();
  expect(texts(chat, "9")).toEqual(["fine"]);
  expect(waiting(outbox, "9")).toMatchObject([
    { client_id: long, state: "failed", error: { code: "text_too_long", message: "Too long." } },
    { client_id: bad, state: "failed", error: { code: "bad_text" } },
  ]);
  outbox.discard(bad);
  outbox.retry(long);
  await quiet();
  expect(texts(chat, "9")).toEqual(["fine", "long"]);
  expect(await stored(first)).toEqual([]);
});

test("a failed message survives a reload as failed", async () => {
  const chat = new Chat();
  const browser = new Browser(new IDBFactory());
  chat.refusals.set("message.send", [new ParlorError("text_too_long", "Too long.")]);
  const first = await page(chat, { browser });
  first.outbox.send({ conversationId: "9", text: "long" });
  await quiet();
  const second = await page(chat, { browser });
  expect(waiting(second.outbox, "9")).toMatchObject([{ state: "failed", error: { code: "text_too_long" } }]);
  expect(texts(chat, "9")).toEqual([]);
});

test("a passing refusal is tried again after the time it says", async () => {
  const chat = new Chat();
  const refusals = [new ParlorError("rate_limited", "", true, 3), new ParlorError("storage_failed", "", true)];
  chat.refusals.set("message.send", refusals);
  const { outbox } = await page(chat);
  outbox.send({ conversationId: "9", text: "hi" });
  await quiet();
  await vi.advanceTimersByTimeAsync(2_999);
  expect(chat.count("message.send")).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(chat.count("message.send")).toBe(2);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(texts(chat, "9")).toEqual(["hi"]);
});

test("one person's messages are not sent as another's, and wait for their return", async () => {
  const chat = new Chat();
  const browser = new Browser(new IDBFactory());
  chat.online = false;
  const ann = await page(chat, { browser });
  ann.outbox.send({ conversationId: "9", text: "mine" });
  await quiet();
  ann.queue.end();
  expect(ann.outbox.messages.get().size).toBe(0);
  const bob = await page(chat, { browser, user: BOB });
  expect(waiting(bob.outbox, "9")).toEqual([]);
  const again = await page(chat, { browser });
  expect(waiting(again.outbox, "9")).toMatchObject([{ text: "mine" }]);
  await again.queue.forget(ANN.id);
  await quiet();
  expect(await stored(again)).toEqual([]);
});

test("a database that cannot be opened is replaced by memory", async () => {
  const broken = { open: () => { throw new Error("no"); } } as unknown as IDBFactory;
  const chat = new Chat();
  const { outbox } = await page(chat, { browser: new Browser(broken) });
  outbox.send({ conversationId: "9", text: "hi" });
  await quiet();
  expect(texts(chat, "9")).toEqual(["hi"]);
});
