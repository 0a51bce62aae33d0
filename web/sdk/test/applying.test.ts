import fc from "fast-check";
import { expect, test } from "vitest";
import { pendingEntries } from "../src/applying/pending_own";
import type { Act } from "../src/act";
import { applyToRow, excludes } from "../src/applying/to_row";
import { applyToState, isAboutMessage, newerState, withoutContent } from "../src/applying/to_state";
import { MessageStates } from "../src/message_states";
import type { Event, EventKind, MessageState, MethodName, Methods, SelfEntry } from "../src/protocol";
import { ANN, BOB, message, view } from "./support/chat";

function event(kind: EventKind, what: Partial<Event> = {}, seq = 7): Event {
  return { conversation_id: "9", seq, id: `9-${seq}`, kind, sender: BOB.id, sent_at: 5_000, ...what };
}

const row = view({ id: "9", kind: "group", title: "Team", last_seq: 6, member_count: 4, active_at: 1 });
const after = (kind: EventKind, what: Partial<Event> = {}, from = row) => applyToRow(from, event(kind, what), ANN.id);

test("whatever happens is the last event, orders the list, and shows what was hidden", () => {
  const hidden = { ...row, hidden: true };
  expect(after("message", { text: "hi" }, hidden)).toMatchObject({ last_seq: 7, active_at: 5_000, hidden: false });
});

test.each<[EventKind, Partial<Event>, object]>([
  ["title", { title: "New" }, { title: "New" }],
  ["announcement", { text: "Meet at 9" }, { announcement: "Meet at 9" }],
  ["avatar", { avatar: "" }, { avatar: "" }],
  ["settings", { settings: { slow_mode_s: 5 } }, { settings: { slow_mode_s: 5 } }],
  ["dissolved", {}, { dissolved: true }],
  ["joined", { members: ["5", "6"] }, { member_count: 6 }],
  ["left", { members: ["5"] }, { member_count: 3 }],
  ["role", { members: [ANN.id], role: "administrator" }, { role: "administrator" }],
  ["role", { members: ["5"], role: "administrator" }, { role: "member" }],
  ["mute", { members: [ANN.id], until: 9_000 }, { muted_until: 9_000 }],
  ["mute", { members: [ANN.id], until: 9_000, off: true }, { muted_until: 0 }],
  ["mute", { members: [] }, { settings: { all_muted: true }, muted_until: 0 }],
  ["call", {}, { title: "Team", member_count: 4 }],
])("an event of kind %s changes the row as the server does", (kind, what, expected) => {
  expect(after(kind, what)).toMatchObject(expected);
});

test("an owner who hands the group over is an administrator", () => {
  const mine = { ...row, role: "owner" as const };
  const handed = { sender: ANN.id, members: [BOB.id], role: "owner" as const };
  expect(after("role", handed, mine).role).toBe("administrator");
  expect(after("role", { ...handed, role: "administrator" }, mine).role).toBe("owner");
});

test("somebody who joins again sees what the group lets new members see", () => {
  const before = { ...row, role: "administrator" as const, settings: { history: "since_joined" as const } };
  expect(after("joined", { members: [ANN.id] }, before)).toMatchObject({ role: "member", history_from: 7 });
  expect(after("joined", { members: [ANN.id] }).history_from).toBe(0);
});

test("only an event that takes oneself out does so", () => {
  expect(excludes(event("left", { members: [ANN.id] }), ANN.id)).toBe(true);
  expect(excludes(event("left", { members: [BOB.id] }), ANN.id)).toBe(false);
});

const react = (seq: number, sender: string, emoji = "👍", off = false): Event =>
  event("reaction", { sender, emoji, off, target: 1 }, seq);
const replay = (events: Event[], state?: MessageState) =>
  events.reduce<MessageState | undefined>((last, one) => applyToState(last, one, ANN.id), state);

test("an edit says the new text and is remembered, a recall leaves nothing else", () => {
  const edited = replay([event("edit", { target: 1, text: "new" }, 7), react(8, ANN.id)]);
  expect(edited).toMatchObject({ seq: 1, changed_seq: 8, text: "new", edits: [7] });
  expect(replay([event("recall", { target: 1 }, 9)], edited)).toEqual({ seq: 1, changed_seq: 9, recalled_by: BOB.id });
});

test("a pin is put and taken off", () => {
  const pinned = replay([event("pin", { target: 1 }, 7)]);
  expect(pinned?.pinned).toBe(true);
  expect(replay([event("pin", { target: 1, off: true }, 8)], pinned)?.pinned).toBe(false);
});

test("reactions are counted, the first five are named, and one's own are known", () => {
  const given = replay([2, 3, 4, 5, 6, 7].map((user) => react(10 + user, String(user))).concat(react(20, ANN.id)));
  expect(given?.reactions).toEqual([{ emoji: "👍", count: 7, users: ["2", "3", "4", "5", "6"], mine: true }]);
  const taken = replay([react(21, ANN.id, "👍", true), react(22, "3", "👍", true)], given);
  expect(taken?.reactions).toEqual([{ emoji: "👍", count: 5, users: ["2", "4", "5", "6"], mine: false }]);
  const one = replay([react(7, ANN.id)]);
  expect(replay([react(8, ANN.id, "👍", true)], one)?.reactions).toEqual([]);
});

test("an event that a state knows already changes nothing, however often it comes", () => {
  const state = replay([react(8, "3")]);
  expect(replay([react(7, "4"), react(8, "3")], state)).toBe(state);
});

test("of two states the newer one counts, and the server's when both are as old", () => {
  const [old, young] = [{ seq: 1, changed_seq: 3 }, { seq: 1, changed_seq: 4 }];
  expect(newerState(young, old)).toBe(young);
  expect(newerState(old, young)).toBe(young);
  expect(newerState(old, { ...old, pinned: true })).toEqual({ ...old, pinned: true });
});

test("a message without its content says nothing and names nobody", () => {
  const gone = withoutContent({ ...message("9", 1, BOB.id), mentions: [ANN.id], mentions_all: true });
  expect(gone).toMatchObject({ seq: 1, text: "", mentions: [], mentions_all: false, merged: [] });
});

test("what is about a message is no line of its own", () => {
  expect(isAboutMessage(event("reaction"))).toBe(true);
  expect(isAboutMessage(event("joined"))).toBe(false);
});

/** The law: states from pages of any age and events in their order make what the whole log makes. */
test("states and events in any mixture make what the whole log makes", () => {
  const step = fc.record({
    kind: fc.constantFrom<EventKind>("edit", "reaction", "pin", "recall"),
    target: fc.integer({ min: 1, max: 3 }),
    sender: fc.constantFrom("1", "2", "3"),
    emoji: fc.constantFrom("a", "b"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.array(fc.nat(30)), (steps, looks) => {
      const given = new Set<string>();
      const log = steps.map(({ kind, target, sender, emoji }, at) => {
        // The server stores a reaction only when it changes something.
        const who = `${target}/${sender}/${emoji}`;
        const off = kind === "reaction" && given.has(who);
        if (kind === "reaction" && !given.delete(who)) given.add(who);
        return event(kind, { target, sender, emoji, off, text: `text ${at}` }, at + 4);
      });
      const server = (upTo: number): MessageState[] =>
        [1, 2, 3].flatMap((target) => replay(log.slice(0, upTo).filter((one) => one.target === target)) ?? []);
      const here = new MessageStates(() => ANN.id);
      log.forEach((one, at) => {
        if (looks.includes(at)) here.take(server(at + (at % 3)));
        here.apply(one);
      });
      expect([...here.shown.values()].sort((one, other) => one.seq - other.seq)).toEqual(server(log.length));
    }),
  );
});

function act<M extends MethodName>(method: M, params: Methods[M]["params"], state: Act["state"] = "waiting"): Act {
  const made = { client_id: method, user: ANN.id, tab: "t", lane: "own", slot: "", made_at: 5, order: 5, error: null };
  return { ...made, method, params, state };
}

const entry = (key: string, kind: SelfEntry["kind"], value: unknown): [string, SelfEntry] =>
  [key, { key, kind, seq: 3, body: JSON.stringify(value), at_ms: 1 }];

test.each<[Act, Record<string, unknown>]>([
  [act("draft.set", { conversation_id: "9", text: "hi" }), { "d:9": { text: "hi", reply_to: 0 } }],
  [act("draft.set", { conversation_id: "8", text: "" }), { "d:8": null }],
  [act("setting.set", { name: "theme", value: '"dark"' }), { "s:theme": "dark" }],
  [act("star.set", { conversation_id: "9", seq: 4 }), { "m:9:4": { conversation_id: "9", seq: 4 } }],
  [act("star.set", { conversation_id: "9", seq: 4, on: false }), { "m:9:4": null }],
  [act("block.set", { user: "5", on: true }), { "b:5": { user_id: "5", at: 5 } }],
  [act("contact.remove", { user: "3" }), { "k:3": null }],
  [act("contact.decide", { user: "2", accept: false }), { "r:2": null }],
  [act("contact.remove", { user: "2" }), { "r:2": null }],
])("%# an act shows what it will make of one's own", (one, expected) => {
  const entries = new Map([
    entry("d:8", "draft", { text: "old" }),
    entry("r:2", "request", { user_id: "2", state: "asks" }),
    entry("k:3", "contact", { user_id: "3", state: "contact", remark: "", tags: ["a"] }),
  ]);
  const shown = pendingEntries(entries, [one]);
  for (const [key, value] of Object.entries(expected)) {
    const { body = null } = shown.get(key) ?? {};
    expect(body === null ? null : JSON.parse(body)).toEqual(value);
  }
  expect(pendingEntries(entries, [{ ...one, state: "refused" }])).toBe(entries);
});

test("agreeing to a request makes a contact, by an answer or by asking back", () => {
  const entries = new Map([entry("r:2", "request", { user_id: "2", state: "asks" })]);
  for (const one of [act("contact.decide", { user: "2", accept: true }), act("contact.request", { user: "2" })]) {
    const shown = pendingEntries(entries, [one]);
    expect(shown.get("r:2")?.body).toBeNull();
    expect(JSON.parse(shown.get("k:2")?.body ?? "")).toMatchObject({ user_id: "2", state: "contact" });
  }
  const asked = pendingEntries(new Map(), [act("contact.request", { user: "7", text: "Hello" })]);
  expect(JSON.parse(asked.get("r:7")?.body ?? "")).toMatchObject({ state: "asked", text: "Hello" });
});

test("a contact keeps what an update leaves alone", () => {
  const entries = new Map([entry("k:3", "contact", { user_id: "3", state: "contact", remark: "Tom", tags: ["a"] })]);
  const shown = pendingEntries(entries, [act("contact.update", { user: "3", tags: ["b"] })]);
  expect(JSON.parse(shown.get("k:3")?.body ?? "")).toMatchObject({ remark: "Tom", tags: ["b"] });
});
