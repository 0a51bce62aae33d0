import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ParlorError } from "../src/errors";
import type { Ask } from "../src/ask";
import type { Store } from "../src/store";
import { ANN, BOB, Chat } from "./support/chat";
import { Page } from "./support/page";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(2_000);

async function greeted(chat: Chat): Promise<Page> {
  const page = await new Page(chat).begin();
  page.greet();
  await settled();
  return page;
}

const opened = async (chat: Chat): Promise<Store> => (await greeted(chat)).store;

const seqs = (store: Store, id: string): number[] => store.thread(id).get().events.map((event) => event.seq);
const rowOf = (store: Store, id: string) => store.conversations.get().rows.find((row) => row.id === id);

test("after hello the newest rows are here, and older ones when asked for", async () => {
  const chat = new Chat();
  for (let at = 0; at < 120; at += 1) chat.fill(`c${at}`, 1);
  const store = await opened(chat);
  expect(store.conversations.get()).toMatchObject({ status: "ready", more: true, unread: 50 });
  await store.loadMoreConversations();
  await store.loadMoreConversations();
  expect(store.conversations.get()).toMatchObject({ more: false, unread: 120 });
  expect(store.conversations.get().rows).toHaveLength(120);
});

test("opening loads the newest page, scrolling the older ones, until the beginning", async () => {
  const chat = new Chat();
  chat.fill("9", 120);
  const store = await opened(chat);
  const stop = store.open("9");
  expect(store.thread("9").get().status).toBe("loading");
  await settled();
  expect(store.thread("9").get()).toMatchObject({ status: "ready", more: true });
  expect(seqs(store, "9")[0]).toBe(101); // what the first catching up has brought
  await store.loadOlder("9");
  expect(seqs(store, "9")[0]).toBe(51);
  await store.loadOlder("9");
  expect(store.thread("9").get().more).toBe(false);
  expect(seqs(store, "9")).toHaveLength(120);
  stop();
});

test("a link to an old message loads back to it, and says when there is none", async () => {
  const chat = new Chat();
  chat.fill("9", 200);
  const store = await opened(chat);
  store.open("9");
  await settled();
  expect(await store.loadUntil("9", 3)).toBe(true);
  expect(await store.loadUntil("9", 999)).toBe(false);
});

test("a hole left by lost pushes is filled after a moment", async () => {
  const chat = new Chat();
  chat.fill("9", 3);
  const store = await opened(chat);
  store.open("9");
  await settled();
  const before = chat.count("events.list");
  chat.append("9", BOB.id);
  store.onEvent(chat.append("9", BOB.id));
  expect(seqs(store, "9")).toEqual([1, 2, 3]);
  await settled();
  expect(seqs(store, "9")).toEqual([1, 2, 3, 4, 5]);
  expect(chat.count("events.list")).toBe(before + 1);
});

test("pushes that merely overtook each other cost no request", async () => {
  const chat = new Chat();
  chat.fill("9", 1);
  const store = await opened(chat);
  store.open("9");
  await settled();
  const before = chat.asked.length;
  const [two, three] = [chat.append("9", BOB.id), chat.append("9", BOB.id)];
  store.onEvent(three);
  store.onEvent(two);
  await settled();
  expect(seqs(store, "9")).toEqual([1, 2, 3]);
  expect(chat.asked.length).toBe(before);
  expect(rowOf(store, "9")?.unread).toBe(3);
});

test("after a reconnect threads catch up, open or not, without a request each", async () => {
  const chat = new Chat();
  chat.fill("open", 3);
  chat.fill("closed", 3);
  const store = await opened(chat);
  store.open("open");
  store.open("closed")();
  await settled();
  const stop = store.open("closed");
  await settled();
  stop();
  chat.fill("open", 150);
  chat.fill("closed", 2);
  const before = chat.count("events.list");
  store.onHello(chat.hello());
  await settled();
  expect(seqs(store, "open")).toHaveLength(153);
  expect(chat.count("events.list") - before).toBeLessThanOrEqual(2);
  expect(seqs(store, "closed")).toHaveLength(5);
  expect(rowOf(store, "closed")).toMatchObject({ last_seq: 5, unread: 5 });
  store.open("closed");
  await settled();
  expect(seqs(store, "closed")).toHaveLength(5);
});

test("far behind, the newest page is shown at once instead of everything in between", async () => {
  const chat = new Chat();
  chat.fill("9", 3);
  const store = await opened(chat);
  store.open("9");
  await settled();
  chat.fill("9", 5_000);
  const before = chat.count("events.list");
  store.onHello(chat.hello());
  await settled();
  expect(seqs(store, "9").at(-1)).toBe(5_003);
  expect(chat.count("events.list") - before).toBeLessThanOrEqual(2);
  expect(store.thread("9").get().more).toBe(true);
  await store.loadOlder("9");
  expect(seqs(store, "9")[0]).toBe(4_904);
});

test("a reconnect asks once what changed, however many conversations there are", async () => {
  const chat = new Chat();
  for (let at = 0; at < 120; at += 1) chat.append(`c${at}`, ANN.id);
  const store = await opened(chat);
  await store.loadMoreConversations();
  const before = chat.asked.length;
  chat.append("c100", BOB.id);
  store.onHello(chat.hello());
  await settled();
  expect(chat.asked.slice(before).map(({ method }) => method)).toEqual(["sync.changes"]);
  expect(rowOf(store, "c100")).toMatchObject({ last_seq: 2, unread: 1 });
});

test("what was read on another device while away shows as read, also far down the list", async () => {
  const chat = new Chat();
  chat.fill("old", 2);
  for (let at = 0; at < 80; at += 1) {
    chat.fill(`c${at}`, 2 + at);
    chat.readSeqs.set(`c${at}`, 2 + at);
  }
  const store = await opened(chat);
  await store.loadMoreConversations();
  expect(rowOf(store, "old")?.unread).toBe(2);
  chat.readSeqs.set("old", 2);
  chat.put("c:old", "conversation", { read_seq: 2 });
  store.onHello(chat.hello());
  await settled();
  expect(rowOf(store, "old")?.unread).toBe(0);
});

test("a few hundred missed messages come in pages of all conversations, more are left for later", async () => {
  const chat = new Chat();
  for (const id of ["8", "9"]) chat.fill(id, 5);
  const store = await opened(chat);
  for (const id of ["8", "9"]) store.open(id)();
  await settled();
  chat.fill("9", 170);
  chat.fill("8", 5_000);
  const before = chat.asked.length;
  store.onHello(chat.hello());
  await settled();
  expect(seqs(store, "9")).toHaveLength(175);
  expect(seqs(store, "8").length).toBeLessThan(500);
  expect(chat.asked.slice(before).every(({ method }) => method === "sync.changes")).toBe(true);
  expect(chat.asked.length - before).toBeLessThan(10);
  expect(rowOf(store, "8")).toMatchObject({ last_seq: 5_005 });
});

test("who is removed while looking is told that there is nothing to see", async () => {
  const chat = new Chat();
  chat.fill("9", 5);
  const store = await opened(chat);
  store.open("9");
  await settled();
  chat.refusals.set("events.list", [new ParlorError("not_member", "No.")]);
  chat.refusals.set("conversation.get", [new ParlorError("not_found", "No.")]);
  store.onEvent({ ...chat.append("9", BOB.id), kind: "left", members: [ANN.id] });
  await settled();
  expect(rowOf(store, "9")).toBeUndefined();
  expect(store.thread("9").get()).toMatchObject({ status: "failed", events: [], conversation: null });
});

test("how far the other person is shows in the row and never goes back", async () => {
  const chat = new Chat();
  chat.fill("9", 5);
  const store = await opened(chat);
  const receipt = { conversation_id: "9", user_id: BOB.id };
  store.onReceipt({ ...receipt, delivered_seq: 4, read_seq: 3 });
  store.onReceipt({ ...receipt, delivered_seq: 3, read_seq: 2 });
  store.takeRow(chat.row("9"));
  expect(rowOf(store, "9")).toMatchObject({ peer_delivered_seq: 4, peer_read_seq: 3 });
});

test("pinned conversations come first, hidden ones not at all until something happens there", async () => {
  const chat = new Chat();
  for (const id of ["7", "8", "9"]) chat.fill(id, 3);
  const store = await opened(chat);
  store.onSelf(chat.put("c:7", "conversation", { pinned: true }));
  store.onSelf(chat.put("c:9", "conversation", { hidden_seq: 3 }));
  const ids = (): string[] => store.conversations.get().rows.map((row) => row.id);
  expect(ids()).toEqual(["7", "8"]);
  store.onEvent(chat.append("9", BOB.id));
  expect(ids()).toEqual(["7", "9", "8"]);
});

test("a new epoch drops everything and loads the open thread again", async () => {
  const chat = new Chat();
  chat.fill("9", 20);
  const store = await opened(chat);
  store.open("9");
  await settled();
  chat.logs.clear();
  chat.fill("9", 4);
  store.onHello(chat.hello({ epoch: "e2", epoch_changed: true }));
  expect(seqs(store, "9")).toEqual([]);
  await settled();
  expect(seqs(store, "9")).toEqual([1, 2, 3, 4]);
  expect(rowOf(store, "9")).toMatchObject({ last_seq: 4 });
});

test("reading is shown at once, told once it can be, and never goes back", async () => {
  const chat = new Chat();
  chat.fill("9", 5);
  const page = await greeted(chat);
  const { store } = page;
  expect(store.conversations.get().unread).toBe(5);
  chat.online = false;
  store.markRead("9", 4);
  store.markRead("9", 5);
  store.markRead("9", 2);
  expect(store.conversations.get().unread).toBe(0);
  await settled();
  expect(chat.readSeqs.get("9")).toBeUndefined();
  chat.online = true;
  page.greet();
  await settled();
  expect(chat.readSeqs.get("9")).toBe(5);
  expect(rowOf(store, "9")).toMatchObject({ read_seq: 5, unread: 0 });
});

test("scrolling through unread messages tells the server the furthest, not every one", async () => {
  const chat = new Chat();
  chat.fill("9", 50);
  const store = await opened(chat);
  for (let seq = 1; seq <= 50; seq += 1) store.markRead("9", seq);
  await settled();
  expect(chat.readSeqs.get("9")).toBe(50);
  expect(chat.count("read.set")).toBeLessThanOrEqual(2);
});

test("reading on another device shows here", async () => {
  const chat = new Chat();
  chat.fill("9", 5);
  const store = await opened(chat);
  chat.readSeqs.set("9", 3);
  store.onRead({ conversation_id: "9", read_seq: 3, unread: 2 });
  expect(rowOf(store, "9")).toMatchObject({ read_seq: 3, unread: 2 });
  await settled();
  expect(rowOf(store, "9")).toMatchObject({ read_seq: 3, unread: 2 });
});

test("a refused read position does not make the store ask for ever", async () => {
  const chat = new Chat();
  chat.fill("9", 5);
  const store = await opened(chat);
  chat.refusals.set("read.set", [new ParlorError("not_member", "")]);
  store.markRead("9", 3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(chat.count("conversation.get")).toBeLessThanOrEqual(2);
});

test("a message in an unknown conversation brings its row", async () => {
  const chat = new Chat();
  const store = await opened(chat);
  const heard: string[] = [];
  store.onIncoming((event) => heard.push(event.id));
  store.onEvent(chat.append("new", BOB.id));
  await settled();
  expect(rowOf(store, "new")).toMatchObject({ last_seq: 1, unread: 1 });
  expect(heard).toEqual(["new-1"]);
});

test("only live messages of others are announced, each once", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const store = await opened(chat);
  const heard: number[] = [];
  store.onIncoming((event) => heard.push(event.seq));
  const event = chat.append("9", BOB.id);
  store.onEvent(event);
  store.onEvent(event);
  store.onEvent(chat.append("9", ANN.id));
  store.onEvent({ ...chat.append("9", BOB.id), kind: "call" });
  expect(heard).toEqual([3]);
});

test("people are asked for together and once", async () => {
  const chat = new Chat();
  const store = await opened(chat);
  expect(store.user(BOB.id)).toBeUndefined();
  store.user(BOB.id);
  store.user("404");
  await settled();
  expect(store.user(BOB.id)).toEqual(BOB);
  expect(store.user("404")).toBeUndefined();
  await settled();
  expect(chat.count("users.get")).toBe(1);
});

test("people who could not be fetched are asked for again", async () => {
  const chat = new Chat();
  const store = await opened(chat);
  chat.refusals.set("users.get", [new ParlorError("rate_limited", "", true, 3)]);
  store.user(BOB.id);
  await vi.advanceTimersByTimeAsync(3_100);
  expect(store.user(BOB.id)).toEqual(BOB);
  chat.online = false;
  store.user("3");
  await settled();
  chat.online = true;
  store.onHello(chat.hello());
  await settled();
  expect(chat.count("users.get")).toBe(4);
});

test("a thread opened without a link loads when the link is there", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  chat.online = false;
  const { store } = await new Page(chat).begin();
  store.open("9");
  await settled();
  expect(store.thread("9").get().status).toBe("loading");
  chat.online = true;
  store.onHello(chat.hello());
  await settled();
  expect(store.thread("9").get()).toMatchObject({ status: "ready", conversation: { id: "9" } });
});

test("a refused thread says so, a passing failure is tried again", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const store = await opened(chat);
  chat.refusals.set("events.list", [new ParlorError("not_member", "No.")]);
  chat.fill("8", 2);
  store.open("8");
  await settled();
  expect(store.thread("8").get()).toMatchObject({ status: "failed", error: { code: "not_member" } });
  store.open("8");
  await settled();
  expect(store.thread("8").get().status).toBe("ready");
  chat.refusals.set("events.list", [new ParlorError("overloaded", "", true, 1)]);
  chat.fill("8", 1);
  store.onHello(chat.hello());
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seqs(store, "8")).toEqual([1, 2, 3]);
});

test("nothing of one person is left for the next", async () => {
  const chat = new Chat();
  chat.fill("9", 2);
  const store = await opened(chat);
  store.open("9");
  await settled();
  store.setMe(null);
  expect(store.conversations.get()).toMatchObject({ rows: [], unread: 0, status: "empty" });
  expect(store.thread("9").get().events).toEqual([]);
  expect(store.users.get().size).toBe(0);
});

/**
 * The law: whatever the interleaving of sends, pushes (late, twice, lost), replies and pages, once
 * a reconnect has been caught up with, the open thread is the server's log and the unread count
 * is the server's count.
 */
test("any interleaving converges to the server's log and unread count", async () => {
  vi.useRealTimers();
  type Step =
    | { do: "say"; by: string; push: "once" | "twice" | "lost"; where: "9" | "other" }
    | { do: "read"; back: number }
    | { do: "older" };
  const steps = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constant("say" as const),
        by: fc.constantFrom(ANN.id, BOB.id),
        push: fc.constantFrom("once" as const, "twice" as const, "lost" as const),
        where: fc.constantFrom("9" as const, "other" as const),
      }),
      fc.record({ do: fc.constant("read" as const), back: fc.nat(3) }),
      fc.record({ do: fc.constant("older" as const) }),
    ),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.nat(120), steps, async (scheduler, before, script: Step[]) => {
      vi.useFakeTimers({ now: 1_000_000 });
      const chat = new Chat();
      chat.fill("9", before);
      chat.fill("other", 2);
      const slow: Ask = (method, params, options) => {
        const answer = chat.ask(method, params, options);
        return scheduler.schedule(answer, method) as typeof answer;
      };
      const page = await new Page(chat, { ask: slow }).begin();
      const { store } = page;
      const windows: number[][] = [];
      store.thread("9").subscribe((view) => windows.push(view.events.map((event) => event.seq)));
      page.greet();
      store.open("9");
      for (const step of script) {
        if (step.do === "say") {
          const event = chat.append(step.where, step.by);
          const times = { once: 1, twice: 2, lost: 0 }[step.push];
          for (let time = 0; time < times; time += 1) {
            void scheduler.schedule(Promise.resolve(), "push").then(() => store.onEvent(event));
          }
        } else if (step.do === "read") store.markRead("9", Math.max(1, chat.log("9").length - step.back));
        else void store.loadOlder("9");
        if (scheduler.count() > 0) await scheduler.waitOne();
      }
      const quiet = async (): Promise<void> => {
        for (let round = 0; round < 40; round += 1) {
          while (scheduler.count() > 0) await scheduler.waitOne();
          await vi.advanceTimersByTimeAsync(500);
        }
      };
      page.greet();
      await quiet();
      const log = chat.log("9").map((event) => event.seq);
      const here = seqs(store, "9");
      expect(here).toEqual(log.slice(log.length - here.length));
      expect(here.length).toBeGreaterThanOrEqual(Math.min(50, log.length));
      for (const window of windows) {
        expect(window).toEqual(window.map((_, at) => (window[0] ?? 0) + at));
      }
      for (const id of ["9", "other"]) {
        expect(rowOf(store, id)).toMatchObject({
          last_seq: chat.log(id).length,
          unread: chat.unread(id),
          read_seq: chat.readSeqs.get(id) ?? 0,
        });
      }
      vi.useRealTimers();
    }),
    { numRuns: 60 },
  );
}, 60_000);
