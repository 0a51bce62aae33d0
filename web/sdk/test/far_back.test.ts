import { IDBFactory } from "fake-indexeddb";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ask } from "../src/ask";
import type { Store } from "../src/store";
import type { ThreadView } from "../src/thread_view";
import { ANN, BOB, Chat } from "./support/chat";
import { Browser, Page } from "./support/page";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(2_000);
const thread = (store: Store): ThreadView => store.thread("9").get();
const seqs = (store: Store): number[] => thread(store).events.map((event) => event.seq);
const rowOf = (store: Store) => store.conversations.get().rows.find((row) => row.id === "9");
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** A conversation of `count` messages of BOB, opened at its end. */
async function opened(count: number, how = {}): Promise<{ chat: Chat; page: Page; store: Store }> {
  const chat = new Chat();
  chat.fill("9", count);
  chat.readSeqs.set("9", count);
  const page = await new Page(chat, { pushes: true, ...how }).begin();
  page.greet();
  page.store.open("9");
  await settled();
  return { chat, page, store: page.store };
}

test("a message far back is two requests away, however long the conversation is", async () => {
  const { chat, store } = await opened(20_000);
  const before = chat.count("events.list");
  expect(await store.loadUntil("9", 5)).toBe(true);
  expect(chat.count("events.list") - before).toBe(2);
  expect(seqs(store)).toEqual(range(1, 55));
  expect(thread(store)).toMatchObject({ more: false, newer: true });
  expect(await store.loadUntil("9", 9_000)).toBe(true);
  expect(chat.count("events.list") - before).toBe(4);
  expect(seqs(store)).toEqual(range(8_971, 9_050));
  expect(thread(store)).toMatchObject({ more: true, newer: true });
});

test("one reads on in both directions, and the part that was gone to joins the newest", async () => {
  const { store } = await opened(1_000);
  await store.loadUntil("9", 500);
  await store.loadOlder("9");
  expect(seqs(store)).toEqual(range(421, 550));
  for (let page = 0; page < 8; page += 1) await store.loadNewer("9");
  expect(thread(store).newer).toBe(false);
  expect(seqs(store)).toEqual(range(421, 1_000));
  await store.loadOlder("9");
  expect(seqs(store)[0]).toBe(371);
});

test("a message a page away is reached without leaving where one is", async () => {
  const { chat, store } = await opened(1_000);
  const first = seqs(store)[0] ?? 0;
  const before = chat.count("events.list");
  await store.loadUntil("9", first - 150);
  expect(thread(store).newer).toBe(false);
  await store.loadUntil("9", 300);
  await store.loadUntil("9", 450);
  expect(seqs(store)).toEqual(range(271, 550));
  expect(chat.count("events.list") - before).toBe(4);
});

test("what is said while one looks back waits at the end: in its place, and once", async () => {
  const { chat, store } = await opened(1_000);
  await store.loadUntil("9", 20);
  const window = seqs(store);
  const events = [chat.append("9", BOB.id), chat.append("9", ANN.id), chat.append("9", BOB.id)];
  for (const event of [...events, ...events].reverse()) store.onEvent(event);
  expect(seqs(store)).toEqual(window);
  expect(thread(store).latest.at(-1)?.seq).toBe(1_003);
  expect(rowOf(store)).toMatchObject({ last_seq: 1_003, unread: 2 });
  const before = chat.asked.length;
  store.showLatest("9");
  expect(chat.asked.length).toBe(before);
  expect(seqs(store)).toEqual(range(951, 1_003));
  expect(thread(store)).toMatchObject({ newer: false, more: true });
});

test("what happens to an old message shows where one looks at it", async () => {
  const { chat, store } = await opened(1_000);
  chat.act("9", BOB.id, "edit", { target: 21, text: "before I came" });
  await store.loadUntil("9", 20);
  chat.act("9", BOB.id, "reaction", { target: 20, emoji: "👍" });
  chat.act("9", BOB.id, "recall", { target: 22 });
  const { states, events } = thread(store);
  expect(states.get(21)?.text).toBe("before I came");
  expect(states.get(20)?.reactions).toMatchObject([{ emoji: "👍", count: 1 }]);
  expect(states.get(22)?.recalled_by).toBe(BOB.id);
  expect(events.find(({ seq }) => seq === 22)?.text).toBe("");
});

test("what happened to it during a long loss of the link shows, too", async () => {
  const { chat, page, store } = await opened(1_000);
  await store.loadUntil("9", 20);
  chat.online = false;
  chat.act("9", BOB.id, "edit", { target: 21, text: "meanwhile" });
  chat.act("9", BOB.id, "recall", { target: 22 });
  chat.fill("9", 5_000);
  chat.online = true;
  page.greet();
  await settled();
  const { states, events, newer } = thread(store);
  expect(newer).toBe(true);
  expect(states.get(21)?.text).toBe("meanwhile");
  expect(states.get(22)?.recalled_by).toBe(BOB.id);
  expect(events.find(({ seq }) => seq === 22)?.text).toBe("");
  store.showLatest("9");
  expect(seqs(store).at(-1)).toBe(6_002);
});

test("a message that is not to be had leaves one where one is", async () => {
  const { chat, store } = await opened(1_000);
  const window = seqs(store);
  for (const seq of [-1, 0, 1_001, 5_000]) expect(await store.loadUntil("9", seq)).toBe(false);
  const before = chat.asked.length;
  expect(await store.loadUntil("9", 90_000)).toBe(false);
  expect(chat.asked.length).toBe(before);
  expect(seqs(store)).toEqual(window);
});

test("of two wishes to go somewhere the last one holds, and leaving ends it", async () => {
  const { store } = await opened(5_000);
  const [one, other] = await Promise.all([store.loadUntil("9", 100), store.loadUntil("9", 3_000)]);
  expect([one, other]).toEqual([false, true]);
  expect(seqs(store)).toContain(3_000);
  const late = store.loadUntil("9", 100);
  store.showLatest("9");
  expect(await late).toBe(false);
  expect(seqs(store).at(-1)).toBe(5_000);
});

test("a conversation that nobody has open any more is at its end again", async () => {
  const chat = new Chat();
  chat.fill("9", 1_000);
  const { store } = await new Page(chat).begin().then((page) => (page.greet(), page));
  const close = store.open("9");
  await settled();
  await store.loadUntil("9", 20);
  expect(thread(store).newer).toBe(true);
  close();
  expect(thread(store)).toMatchObject({ newer: false });
  expect(seqs(store).at(-1)).toBe(1_000);
});

test("only the newest part is kept in the browser, without a hole", async () => {
  const browser = new Browser(new IDBFactory());
  vi.useRealTimers();
  const chat = new Chat();
  chat.fill("9", 1_000);
  const first = await new Page(chat, { browser }).begin();
  first.greet();
  first.store.open("9");
  await vi.waitFor(() => expect(thread(first.store).status).toBe("ready"));
  await first.store.loadUntil("9", 20);
  await first.local.flush();
  const kept = (await first.local.events("9")).map(({ event }) => event.seq);
  expect(kept).toEqual(range(kept[0] ?? 0, 1_000));
  const prefix = `${ANN.id}/9/`;
  expect(await first.database.count("events", prefix)).toBe(kept.length);
  first.close();
});

test("reading down in an old part counts what is left without asking", async () => {
  const { chat, store } = await opened(1_000);
  chat.fill("9", 600);
  chat.readSeqs.set("9", 1_000);
  store.onHello(chat.hello());
  await settled();
  expect(rowOf(store)?.unread).toBe(600);
  expect(await store.loadUntil("9", 1_001)).toBe(true);
  expect(thread(store).newer).toBe(true);
  const before = chat.count("conversation.get");
  for (const seq of [1_010, 1_020, 1_040]) {
    store.markRead("9", seq);
    expect(rowOf(store)).toMatchObject({ read_seq: seq, unread: 1_600 - seq });
    await settled();
  }
  expect(chat.count("conversation.get")).toBe(before);
  expect(chat.readSeqs.get("9")).toBe(1_040);
});

test("messages that are taken back are not unread any more, and nobody is asked", async () => {
  const { chat, store } = await opened(1_000);
  const mine = chat.append("9", ANN.id);
  store.onEvent(mine);
  for (let time = 0; time < 3; time += 1) store.onEvent(chat.append("9", BOB.id));
  expect(rowOf(store)?.unread).toBe(3);
  const before = chat.asked.length;
  for (const target of [1_002, 1_003, 1_004]) chat.act("9", BOB.id, "recall", { target });
  expect(rowOf(store)?.unread).toBe(0);
  // One's own, and one that was read, never counted.
  chat.act("9", ANN.id, "recall", { target: mine.seq });
  chat.act("9", BOB.id, "recall", { target: 900 });
  store.onEvent(chat.append("9", BOB.id));
  await settled();
  expect(rowOf(store)?.unread).toBe(1);
  expect(chat.unread("9")).toBe(1);
  expect(chat.asked.length).toBe(before);
});

/**
 * The law: wherever one goes meanwhile, and in whatever order pushes, pages and acts come, what is
 * shown never has a hole and says what the server says; at the end it is the server's log.
 */
test("going back and forth while things happen loses, doubles and misplaces nothing", async () => {
  vi.useRealTimers();
  type Step =
    | { do: "say"; push: "once" | "twice" | "lost" }
    | { do: "recall" | "edit" | "go"; where: number }
    | { do: "older" | "newer" | "latest" };
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant("say" as const), push: fc.constantFrom("once" as const, "twice" as const, "lost" as const) }),
      fc.record({ do: fc.constantFrom("recall" as const, "edit" as const, "go" as const), where: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ do: fc.constantFrom("older" as const, "newer" as const, "latest" as const) }),
    ),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 900 }), steps, async (scheduler, before, script: Step[]) => {
      vi.useFakeTimers({ now: 1_000_000 });
      const chat = new Chat();
      chat.fill("9", before);
      const slow: Ask = (method, params, options) => {
        const answer = chat.ask(method, params, options);
        return scheduler.schedule(answer, method) as typeof answer;
      };
      const page = await new Page(chat, { ask: slow }).begin();
      const { store } = page;
      store.thread("9").subscribe(({ events, latest, newer }) => {
        for (const part of [events, latest]) expect(part.map(({ seq }) => seq)).toEqual(part.map((_, at) => (part[0]?.seq ?? 0) + at));
        expect(newer || events === latest).toBe(true);
      });
      page.greet();
      store.open("9");
      const place = (share: number): number => 1 + Math.floor(share * (chat.log("9").length - 1));
      const push = (event: ReturnType<Chat["append"]>, times: number): void => {
        for (let time = 0; time < times; time += 1) void scheduler.schedule(Promise.resolve(), "push").then(() => store.onEvent(event));
      };
      for (const step of script) {
        if (step.do === "say") push(chat.append("9", BOB.id), { once: 1, twice: 2, lost: 0 }[step.push]);
        else if (step.do === "edit") push(chat.act("9", BOB.id, "edit", { target: place(step.where), text: "new" }), 1);
        else if (step.do === "recall") push(chat.act("9", BOB.id, "recall", { target: place(step.where) }), 1);
        else if (step.do === "go") void store.loadUntil("9", place(step.where));
        else if (step.do === "older") void store.loadOlder("9");
        else if (step.do === "newer") void store.loadNewer("9");
        else store.showLatest("9");
        if (scheduler.count() > 0) await scheduler.waitOne();
      }
      const quiet = async (): Promise<void> => {
        for (let round = 0; round < 20; round += 1) {
          while (scheduler.count() > 0) await scheduler.waitOne();
          await vi.advanceTimersByTimeAsync(500);
        }
      };
      page.greet();
      await quiet();
      const right = (): void => {
        const { events, states } = thread(store);
        for (const event of events) {
          const state = chat.state("9", event.seq);
          expect(states.get(event.seq)?.recalled_by).toBe(state?.recalled_by);
          expect(states.get(event.seq)?.text).toBe(state?.text);
        }
      };
      right();
      store.showLatest("9");
      right();
      const log = chat.log("9").map((event) => event.seq);
      const here = seqs(store);
      expect(here).toEqual(log.slice(log.length - here.length));
      expect(here.length).toBeGreaterThan(0);
      vi.useRealTimers();
    }),
    { numRuns: 60 },
  );
}, 60_000);
