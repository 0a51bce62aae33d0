import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Parlor, type SessionState } from "../src";
import { Database } from "../src/database";
import { MapShelf } from "./support/browser";
import { ANN, message, view } from "./support/chat";
import { FakeNetwork } from "./support/fake_socket";
import { Browser } from "./support/page";

interface Http {
  status: number;
  body: unknown;
}

let network: FakeNetwork;
let shelf: MapShelf;
let http: Map<string, Http[]>;
let asked: string[];
let open: Parlor[];

const signedIn = (n = 1): Http => ({
  status: 200,
  body: { user: ANN, admin: false, device: "d", token: `t${n}`, refresh_token: `r${n}`, expires_in_s: 60 },
});
const refused = (status: number, code: string): Http => ({
  status,
  body: { error: { code, message: code, retry: false } },
});

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  network = new FakeNetwork();
  shelf = new MapShelf();
  http = new Map();
  asked = [];
  open = [];
});
afterEach(() => {
  for (const parlor of open) parlor.close();
  vi.useRealTimers();
});

function page(browser: Browser = new Browser()): Parlor {
  const fetch = (async (url: string, init: RequestInit) => {
    const what = `${init.method} ${new URL(url).pathname.replace("/api/v1/", "")}`;
    const token = (init.headers as Record<string, string>)["Authorization"];
    asked.push(token ? `${what} ${token}` : what);
    const answer = http.get(what)?.shift();
    if (!answer) throw new TypeError("fetch failed");
    return new Response(answer.status === 204 ? null : JSON.stringify(answer.body), { status: answer.status });
  }) as unknown as typeof globalThis.fetch;
  const environment = network.environment({
    fetch,
    shelf,
    tabShelf: new MapShelf(),
    locks: browser.locks,
    indexedDB: browser.factory,
    openChannel: browser.channels.openChannel,
  });
  const parlor = new Parlor({ environment });
  open.push(parlor);
  return parlor;
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10);

async function online(browser?: Browser): Promise<Parlor> {
  http.set("POST sessions", [signedIn()]);
  const parlor = page(browser);
  await parlor.signIn({ name: "ann", password: "long enough" });
  network.last.welcome();
  await settled();
  return parlor;
}

test("without a kept sign-in nobody is signed in and nothing connects", async () => {
  const parlor = page();
  expect(parlor.session.get().status).toBe("unknown");
  expect(await parlor.resume()).toBe(false);
  expect(parlor.session.get()).toEqual({ status: "signed_out", reason: null });
  expect(network.sockets).toEqual([]);
});

test("signing in connects with the token and keeps it for the next visit", async () => {
  const parlor = await online();
  expect(network.last.asked("hello").params).toMatchObject({ token: "t1", client: "web" });
  expect(network.last.asked("hello").params["instance"]).toMatch(/^[0-9a-f]{16}$/);
  expect(parlor.session.get()).toEqual({ status: "signed_in", user: ANN, admin: false });
  expect(parlor.store.me.get()).toEqual(ANN);
  parlor.close();
  const again = page();
  expect(await again.resume()).toBe(true);
  expect(again.session.get()).toMatchObject({ status: "signed_in", user: ANN });
  network.last.open();
  expect(network.last.asked("hello").params["token"]).toBe("t1");
});

test("a wrong password changes nothing", async () => {
  http.set("POST sessions", [refused(401, "wrong_credentials")]);
  const parlor = page();
  await expect(parlor.signIn({ name: "ann", password: "no" })).rejects.toMatchObject({ code: "wrong_credentials" });
  expect(parlor.session.get().status).toBe("unknown");
});

test("pushes reach the store, and a sent message shows with its thread", async () => {
  const parlor = await online();
  network.last.push("conversation", {
    conversation: view({ id: "9", last_seq: 1, unread: 1, active_at: 1, last_event: message("9", 1, "2") }),
  });
  network.last.push("event", { event: message("9", 2, "2") });
  expect(parlor.store.conversations.get()).toMatchObject({ unread: 2, rows: [{ id: "9", last_seq: 2 }] });
  network.last.push("read", { conversation_id: "9", read_seq: 2, unread: 0 });
  expect(parlor.store.conversations.get().unread).toBe(0);
  parlor.outbox.send({ conversationId: "9", text: "hi" });
  expect(parlor.store.thread("9").get().outgoing).toMatchObject([{ text: "hi", sender: ANN.id }]);
  await settled();
  expect(network.last.asked("message.send").params).toMatchObject({ conversation_id: "9", text: "hi" });
});

test("signing out forgets everything here at once and tells the server", async () => {
  const parlor = await online();
  parlor.drafts.set("9", "secret");
  http.set("DELETE sessions/current", [{ status: 204, body: null }]);
  await parlor.signOut();
  expect(parlor.session.get()).toEqual({ status: "signed_out", reason: null });
  expect(asked).toContain("DELETE sessions/current Bearer t1");
  expect(parlor.drafts.get("9")).toBe("");
  expect(parlor.link.state.get().status).toBe("idle");
  expect(await page().resume()).toBe(false);
});

test("signing out works without a server", async () => {
  const parlor = await online();
  await parlor.signOut();
  expect(parlor.session.get()).toEqual({ status: "signed_out", reason: null });
});

test("a sign-in that ended elsewhere is told with its reason", async () => {
  const parlor = await online();
  const states: SessionState[] = [];
  parlor.session.subscribe((state) => states.push(state));
  network.last.end(4202, "signed_out");
  expect(states).toEqual([{ status: "signed_out", reason: "signed_out" }]);
  expect(shelf.getItem("parlor.signed_in")).toBeNull();
});

test("an expired token is refreshed without the person noticing", async () => {
  const parlor = await online();
  http.set("POST sessions/refresh", [signedIn(2)]);
  network.last.end(4201, "unauthenticated");
  await settled();
  network.last.welcome();
  expect(network.last.asked("hello").params["token"]).toBe("t2");
  expect(parlor.session.get().status).toBe("signed_in");
});

test("a refresh that is refused says that the sign-in expired", async () => {
  const parlor = await online();
  http.set("POST sessions/refresh", [refused(401, "unauthenticated")]);
  network.last.end(4201, "unauthenticated");
  await settled();
  expect(parlor.session.get()).toEqual({ status: "signed_out", reason: "expired" });
});

test("REST requests carry the token and refresh it once", async () => {
  const parlor = await online();
  http.set("GET me", [refused(401, "unauthenticated"), { status: 200, body: { user: ANN } }]);
  http.set("POST sessions/refresh", [signedIn(2)]);
  expect(await parlor.fetchJson("GET", "/api/v1/me")).toEqual({ user: ANN });
  expect(asked.slice(-3)).toEqual(["GET me Bearer t1", "POST sessions/refresh", "GET me Bearer t2"]);
});

test("a wrong present password is no reason to be signed out, the right one says how many others are", async () => {
  const parlor = await online();
  const changed = { status: 200, body: { ended: 2 } };
  http.set("POST me/password", [refused(401, "wrong_credentials"), refused(401, "unauthenticated"), changed]);
  http.set("POST sessions/refresh", [signedIn(2)]);
  await expect(parlor.changePassword("a guess", "another one")).rejects.toMatchObject({ code: "wrong_credentials" });
  expect(asked.at(-1)).toBe("POST me/password Bearer t1");
  expect(await parlor.changePassword("the present one", "another one")).toBe(2);
  expect(asked.at(-1)).toBe("POST me/password Bearer t2");
  expect(parlor.session.get().status).toBe("signed_in");
});

test("a name changed on another device shows after the next hello", async () => {
  const parlor = await online();
  network.last.end(4000, "idle");
  await settled();
  network.last.welcome({ user: { ...ANN, display_name: "Anna" }, admin: true });
  expect(parlor.session.get()).toMatchObject({ user: { display_name: "Anna" }, admin: true });
  expect(parlor.store.me.get()?.display_name).toBe("Anna");
});

test("a message written without a link is kept and sent when it is there", async () => {
  const parlor = await online();
  network.last.end(1006);
  parlor.outbox.send({ conversationId: "9", text: "later" });
  await vi.advanceTimersByTimeAsync(1_000);
  network.last.welcome();
  await settled();
  expect(network.last.asked("message.send").params).toMatchObject({ text: "later" });
});

/** IndexedDB works in turns of the real loop. */
async function stored(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await vi.advanceTimersByTimeAsync(200);
    for (let spin = 0; spin < 30; spin += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A person who has a conversation here, in a browser that keeps it. */
async function settledIn(browser: Browser): Promise<Parlor> {
  vi.useRealTimers();
  vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] });
  http.set("POST sessions", [signedIn()]);
  const parlor = page(browser);
  const entered = parlor.signIn({ name: "ann", password: "long enough" });
  await stored();
  await entered;
  network.last.welcome();
  const last_event = message("9", 1, "2");
  const conversation = view({ id: "9", last_seq: 1, unread: 1, active_at: 1, last_event });
  network.last.answer("sync.changes", {
    changes: [{ conversation, upto: 1, events: [last_event], states: [], more: false, reset: false }],
    own: { entries: [], last_seq: 0, cursor: "", reset: false },
    cursor: "", gone: [], users: [],
  });
  await stored();
  return parlor;
}

const rows = (parlor: Parlor): string[] => parlor.store.conversations.get().rows.map((row) => row.id);

test("a page that opens while the server is away shows what the last one saw", async () => {
  const browser = new Browser(new IDBFactory());
  const before = await settledIn(browser);
  expect(rows(before)).toEqual(["9"]);
  before.close();
  await stored();
  const after = page(browser);
  const resumed = after.resume();
  await stored();
  expect(await resumed).toBe(true);
  expect(after.link.state.get().status).not.toBe("online");
  expect(rows(after)).toEqual(["9"]);
  after.store.open("9");
  await stored();
  expect(after.store.thread("9").get()).toMatchObject({ status: "ready", events: [{ text: "message 1" }] });
});

test("signing out leaves nothing in the browser, whichever side ended it", async () => {
  for (const end of [(parlor: Parlor) => void parlor.signOut(), () => network.last.end(4202, "signed_out")]) {
    const browser = new Browser(new IDBFactory());
    const parlor = await settledIn(browser);
    end(parlor);
    await stored();
    const database = new Database(browser.factory);
    for (const store of ["rows", "events", "entries", "users", "marks"] as const) {
      expect(await database.read(store)).toEqual([]);
    }
    parlor.close();
  }
});

test("a picture that was uploaded is seen at once", async () => {
  const parlor = await online();
  http.set("POST me/avatar", [{ status: 200, body: { user: { ...ANN, avatar: "a1" } } }]);
  expect((await parlor.people.setAvatar(new Blob(["png"], { type: "image/png" }))).avatar).toBe("a1");
  expect(parlor.store.me.get()?.avatar).toBe("a1");
  expect(parlor.people.avatarPath("a1")).toBe("/api/v1/avatars/a1");
});
