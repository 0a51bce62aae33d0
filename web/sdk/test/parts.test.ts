import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ask } from "../src/ask";
import { Delivered } from "../src/delivered";
import { ParlorError } from "../src/errors";
import { Groups } from "../src/groups";
import { Messages } from "../src/messages";
import { Own, starOf } from "../src/own";
import { People } from "../src/people";
import { Presences, Typing } from "../src/presence";
import type { Methods, Presence, Scheduled } from "../src/protocol";
import { Schedule } from "../src/schedule";
import { BOB, Chat, message, view } from "./support/chat";
import { Browser, Page } from "./support/page";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(50);

/** A server that answers what it was told to, and remembers what it was asked. */
class Desk {
  readonly asked: { method: string; params: Record<string, unknown> }[] = [];
  readonly answers = new Map<string, unknown>();
  online = true;

  readonly ask: Ask = async (method, params) => {
    if (!this.online) throw new ParlorError("offline", "", true);
    this.asked.push({ method, params: params as Record<string, unknown> });
    const answer = this.answers.get(method);
    if (answer instanceof ParlorError) throw answer;
    return answer as never;
  };

  answer<M extends keyof Methods>(method: M, result: Methods[M]["result"]): void {
    this.answers.set(method, result);
  }

  of(method: string): Record<string, unknown>[] {
    return this.asked.filter((one) => one.method === method).map((one) => one.params);
  }
}

async function page(desk: Desk): Promise<Page> {
  const made = await new Page(new Chat(), { browser: new Browser(), sendAsk: desk.ask }).begin();
  made.queue.resume();
  return made;
}

test("acts on messages of one conversation leave in the order they were done, each with an id of its own", async () => {
  const desk = new Desk();
  for (const method of ["message.edit", "message.recall", "message.react", "message.pin"] as const) {
    desk.answer(method, { event: null, created: false });
  }
  const { queue } = await page(desk);
  const messages = new Messages(queue, desk.ask);
  const ids = [
    messages.edit("9", 1, "new", [BOB.id]),
    messages.react("9", 1, "👍"),
    messages.react("9", 1, "👍", true),
    messages.pin("9", 1),
    messages.recall("9", 1),
  ];
  await settled();
  expect(desk.asked.map(({ method }) => method)).toEqual([
    "message.edit", "message.react", "message.react", "message.pin", "message.recall",
  ]);
  expect(desk.asked.map(({ params }) => params["client_id"])).toEqual(ids);
  expect(new Set(ids).size).toBe(5);
});

test("the place of a day in a conversation is asked for", async () => {
  const desk = new Desk();
  desk.answer("events.at", { seq: 7 });
  expect(await new Messages((await page(desk)).queue, desk.ask).seqAt("9", 5_000)).toBe(7);
  expect(desk.of("events.at")).toEqual([{ conversation_id: "9", at_ms: 5_000 }]);
});

test("forwarding tells where copies are missing", async () => {
  const desk = new Desk();
  desk.answer("message.forward", { forwarded: [{ conversation_id: "8", events: [], refused: "not_member" }] });
  const { queue } = await page(desk);
  const done = new Messages(queue, desk.ask).forward("9", [1, 2], ["8"], { merged: true, text: "See" });
  await settled();
  expect((await done).forwarded).toMatchObject([{ refused: "not_member" }]);
  expect(desk.of("message.forward")).toMatchObject([{ seqs: [1, 2], to: ["8"], merged: true, text: "See" }]);
});

test("an act in a group resolves with its event, or rejects with why not", async () => {
  const desk = new Desk();
  const event = { ...message("9", 4, "1"), kind: "title" as const, title: "Team" };
  desk.answer("group.update", { event });
  desk.answers.set("group.leave", new ParlorError("owner_must_transfer", "Hand it over."));
  const { queue } = await page(desk);
  const groups = new Groups(queue, desk.ask);
  const renamed = groups.rename("9", "Team");
  const left = expect(groups.leave("9")).rejects.toMatchObject({ code: "owner_must_transfer" });
  await settled();
  expect(await renamed).toEqual(event);
  await left;
  expect(queue.acts.get()).toEqual([]);
});

test("muting everybody and one member are told apart", async () => {
  const desk = new Desk();
  desk.answer("group.mute", { event: null });
  const { queue } = await page(desk);
  const groups = new Groups(queue, desk.ask);
  void groups.mute("9", "2", 60);
  void groups.unmute("9", "2");
  void groups.muteAll("9", true);
  void groups.muteAll("9", false);
  await settled();
  expect(desk.of("group.mute")).toMatchObject([
    { user_id: "2", for_s: 60 }, { user_id: "2", off: true }, { off: false }, { off: true },
  ]);
  expect(desk.of("group.mute")[2]).not.toHaveProperty("user_id");
});

test("contacts, requests and blocks are read from one's own log, and change with what is done", async () => {
  const desk = new Desk();
  desk.online = false;
  const made = await page(desk);
  const people = new People(made.queue, desk.ask, made.store, () => Promise.reject(new Error("no upload")));
  const asks = { user_id: "2", state: "asks", remark: "", tags: [], text: "Hi", at: 1 };
  made.store.onSelf({ key: "r:2", kind: "request", seq: 1, body: JSON.stringify(asks), at_ms: 1 });
  expect(people.requests.get().get("2")).toMatchObject({ state: "asks", text: "Hi" });
  people.decide("2", true);
  people.describe("2", { remark: "Bobby" });
  people.block("3");
  expect([...people.requests.get().keys()]).toEqual([]);
  expect(people.contacts.get().get("2")).toMatchObject({ state: "contact", remark: "Bobby" });
  expect([...people.blocked.get()]).toEqual(["3"]);
  people.block("3", false);
  expect([...people.blocked.get()]).toEqual([]);
});

test("settings and stars are there at once, and one setting is one request", async () => {
  const desk = new Desk();
  desk.online = false;
  const made = await page(desk);
  const own = new Own(made.queue, desk.ask, made.store.entries);
  own.set("theme", "dark");
  own.set("theme", "light");
  own.set("sound", false);
  own.set("sound", null);
  own.star("9", 4);
  expect([...own.settings.get()]).toEqual([["theme", "light"]]);
  expect(own.stars.get().has(starOf("9", 4))).toBe(true);
  own.star("9", 4, false);
  expect(own.stars.get().size).toBe(0);
  desk.online = true;
  made.queue.pause();
  made.queue.resume();
  await settled();
  expect(desk.of("setting.set").slice(-2)).toEqual([{ name: "theme", value: '"light"' }, { name: "sound", value: null }]);
});

const there = (user_id: string, state: Presence["state"] = "online"): Presence => ({ user_id, state, text: "", last_seen: 0 });

test("whoever looks at people is told together, again after a hello, and no longer than they look", async () => {
  const desk = new Desk();
  desk.answer("presence.watch", { users: [there("2"), there("3", "away")] });
  const presence = new Presences(desk.ask, () => desk.online);
  const [list, profile] = [presence.watch(["2", "3"]), presence.watch(["3"])];
  await settled();
  expect(desk.of("presence.watch")).toEqual([{ users: ["2", "3"] }]);
  presence.onPush({ users: [there("3", "busy"), there("4")] });
  expect(presence.known.get().get("3")?.state).toBe("busy");
  expect(presence.known.get().has("4")).toBe(false);
  presence.onHello();
  await settled();
  expect(desk.of("presence.watch")).toHaveLength(2);
  list();
  list();
  await settled();
  expect(desk.of("presence.watch").at(-1)).toEqual({ users: ["3"] });
  profile();
  await settled();
  expect(desk.of("presence.watch").at(-1)).toEqual({ users: [] });
});

test("typing is told now and then, and ends when it is not told again", async () => {
  const desk = new Desk();
  const typing = new Typing(desk.ask);
  for (let at = 0; at < 50; at += 1) {
    typing.wrote("9");
    await vi.advanceTimersByTimeAsync(100);
  }
  typing.stopped("9");
  typing.stopped("9");
  await settled();
  expect(desk.of("typing.set").map((params) => params["on"])).toEqual([true, true, false]);
  typing.wrote("9");
  typing.sent("9"); // the message itself says it
  typing.stopped("9");
  await settled();
  expect(desk.of("typing.set").map((params) => params["on"])).toEqual([true, true, false, true]);
  const push = { conversation_id: "9", user_id: "2", on: true, expires_in_s: 6 };
  typing.onPush(push);
  typing.onPush({ ...push, user_id: "3" });
  await vi.advanceTimersByTimeAsync(5_000);
  typing.onPush(push);
  typing.onEvent(message("9", 1, "3"));
  expect(typing.now.get().get("9")).toEqual(["2"]);
  await vi.advanceTimersByTimeAsync(5_999);
  expect(typing.now.get().has("9")).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(typing.now.get().has("9")).toBe(false);
});

test("what is delivered is told together, the furthest once, and not where nobody keeps it", async () => {
  const desk = new Desk();
  desk.answer("delivered.set", { without: ["8"] });
  const delivered = new Delivered(desk.ask, () => desk.online);
  const have = (id: string, last_seq: number): void => delivered.have([view({ id, last_seq })]);
  for (let seq = 1; seq <= 5; seq += 1) have("9", seq);
  have("8", 3);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(desk.of("delivered.set")).toEqual([{ positions: { "9": 5, "8": 3 } }]);
  have("8", 4);
  have("9", 5);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(desk.asked).toHaveLength(1);
  desk.online = false;
  have("9", 6);
  await vi.advanceTimersByTimeAsync(1_000);
  desk.online = true;
  delivered.onHello();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(desk.of("delivered.set").at(-1)).toEqual({ positions: { "9": 6, "8": 4 } });
});

test("scheduled messages are listed by their time, from here and from other devices", async () => {
  const desk = new Desk();
  const one = (client_id: string, at_ms: number): Scheduled => ({
    user_id: "1", conversation_id: "9", client_id, at_ms, said: { text: client_id },
  });
  desk.answer("schedule.list", { scheduled: [one("b", 20)], cursor: "" });
  desk.answer("schedule.put", { scheduled: one("a", 10), created: true });
  desk.answer("schedule.cancel", { cancelled: true });
  const { queue } = await page(desk);
  const schedule = new Schedule(queue, desk.ask);
  await schedule.load();
  const put = schedule.put({ conversationId: "9", text: "a", silent: true }, 10, "a");
  await settled();
  await put;
  expect(desk.of("schedule.put")).toMatchObject([{ client_id: "a", at_ms: 10, text: "a", silent: true }]);
  schedule.take({ client_id: "c", scheduled: one("c", 15) });
  const waiting = (): string[] => schedule.waiting.get().map(({ client_id }) => client_id);
  expect(waiting()).toEqual(["a", "c", "b"]);
  schedule.take({ client_id: "b", scheduled: null });
  expect(await schedule.cancel("a")).toBe(true);
  expect(waiting()).toEqual(["c"]);
});
