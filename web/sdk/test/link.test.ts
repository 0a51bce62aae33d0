import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Renewal } from "../src/credentials";
import { Link, type LinkEnd, type LinkState } from "../src/link";
import { FakeNetwork, helloResult } from "./support/fake_socket";

const USER = { id: "1", name: "ann", display_name: "Ann", avatar: "" };

class Tokens {
  token: string | null = "t1";
  renewals: Renewal[] = [];
  asked: string[] = [];

  kept() {
    return this.token === null ? null : { user: USER, admin: false, token: this.token, refreshToken: "r" };
  }

  renew(used: string): Promise<Renewal> {
    this.asked.push(used);
    const renewal = this.renewals.shift() ?? "refused";
    if (renewal === "renewed") this.token = `${used}+`;
    return Promise.resolve(renewal);
  }
}

let network: FakeNetwork;
let tokens: Tokens;
let link: Link;
let ends: LinkEnd[];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  network = new FakeNetwork();
  tokens = new Tokens();
  link = new Link(network.environment(), tokens, { instance: "tab", client: "test" });
  ends = [];
  link.ended.on((end) => ends.push(end));
});

afterEach(() => {
  link.close();
  vi.useRealTimers();
});

function status(): LinkState["status"] {
  return link.state.get().status;
}

function online(): void {
  link.start();
  network.last.welcome();
}

async function rejection(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "resolved",
    (error: { code: string }) => error.code,
  );
}

test("hello is the first thing said, with token, instance and the epoch of the last hello", () => {
  link.start();
  expect(network.last.url).toBe("ws://parlor.test/ws");
  expect(network.last.protocol).toBe("parlor.v1.json");
  network.last.open();
  expect(network.last.received).toEqual([
    { id: 1, method: "hello", params: { token: "t1", instance: "tab", client: "test", epoch: "", rooms: [], resume: "" } },
  ]);
  network.last.answer("hello", helloResult({ epoch: "e7" }));
  expect(status()).toBe("online");
  network.last.end(4000, "idle");
  vi.advanceTimersByTime(0);
  network.last.open();
  expect(network.last.asked("hello").params["epoch"]).toBe("e7");
});

test("a link to an https address is encrypted, too", () => {
  const environment = network.environment({ baseUrl: "https://parlor.test:8443" });
  const secure = new Link(environment, tokens, { instance: "tab", client: "test" });
  secure.start();
  expect(network.last.url).toBe("wss://parlor.test:8443/ws");
  secure.close();
});

test("pipelined requests get their own answers in whatever order they come", async () => {
  online();
  const one = link.request("users.get", { ids: ["1"] });
  const two = link.request("me.get", {});
  const [first, second] = network.last.received.slice(-2);
  network.last.say({ id: second?.id, result: { user: USER } });
  network.last.say({ id: first?.id, result: { users: [] } });
  expect(await two).toEqual({ user: USER });
  expect(await one).toEqual({ users: [] });
});

test("a refusal arrives typed", async () => {
  online();
  const asked = link.request("message.send", { conversation_id: "9", client_id: "a", text: "" });
  network.last.refuse("message.send", { code: "empty_text", message: "Say something.", retry: false });
  await expect(asked).rejects.toMatchObject({
    name: "ParlorError", code: "empty_text", message: "Say something.", retry: false,
  });
});

test("a request without an answer times out and a late answer is ignored", async () => {
  online();
  const asked = rejection(link.request("me.get", {}, { timeoutMs: 500 }));
  vi.advanceTimersByTime(500);
  expect(await asked).toBe("timed_out");
  network.last.answer("me.get", { user: USER });
  expect(status()).toBe("online");
});

test("without a link a request fails fast, or waits when told so", async () => {
  link.start();
  expect(await rejection(link.request("me.get", {}))).toBe("offline");
  const waiting = link.request("me.get", {}, { whenOffline: "wait" });
  const tooLong = rejection(link.request("me.get", {}, { whenOffline: "wait", timeoutMs: 100 }));
  vi.advanceTimersByTime(100);
  expect(await tooLong).toBe("timed_out");
  network.last.welcome();
  expect(network.last.count("me.get")).toBe(1);
  network.last.answer("me.get", { user: USER });
  expect(await waiting).toEqual({ user: USER });
});

test("nothing is sent while the server closes, and what was asked fails with the link", async () => {
  online();
  network.last.closing();
  const asked = rejection(link.request("me.get", {}));
  expect(network.last.count("me.get")).toBe(0);
  network.last.end(4100, "after_s=1.0");
  expect(await asked).toBe("offline");
});

test("an aborted request is not sent later", async () => {
  link.start();
  const abort = new AbortController();
  const asked = rejection(link.request("me.get", {}, { whenOffline: "wait", signal: abort.signal }));
  abort.abort();
  expect(await asked).toBe("aborted");
  network.last.welcome();
  expect(network.last.count("me.get")).toBe(0);
});

test("what reads and came too fast is asked again when the server says, and fails with the link", async () => {
  online();
  const refusal = { code: "rate_limited", message: "", retry: true, retry_after_s: 0.5 };
  const patient = () => link.request("me.get", {}, { whenLimited: "wait" });
  const hurried = rejection(link.request("me.get", {}));
  network.last.refuse("me.get", refusal);
  expect(await hurried).toBe("rate_limited");

  const asked = patient();
  network.last.refuse("me.get", refusal);
  vi.advanceTimersByTime(499);
  expect(network.last.count("me.get")).toBe(2);
  vi.advanceTimersByTime(1);
  expect(network.last.count("me.get")).toBe(3);
  network.last.answer("me.get", { text: "here" });
  expect(await asked).toEqual({ text: "here" });

  const late = rejection(patient());
  network.last.refuse("me.get", { ...refusal, retry_after_s: 60 });
  expect(await late).toBe("rate_limited");

  const cut = rejection(patient());
  network.last.refuse("me.get", refusal);
  const old = network.last;
  old.end(1006);
  expect(await cut).toBe("offline");
  vi.advanceTimersByTime(2_000);
  network.last.welcome();
  expect(old.count("me.get") + network.last.count("me.get")).toBe(5);
});

test("what was unanswered when the link broke fails as offline", async () => {
  online();
  const asked = rejection(link.request("me.get", {}));
  network.last.end(1006);
  expect(await asked).toBe("offline");
});

test("a lost link is tried again with growing pauses, and says since when and until when", () => {
  online();
  vi.advanceTimersByTime(20_000);
  network.last.end(1006);
  const since = Date.now();
  expect(link.state.get()).toEqual({
    status: "offline", since, attempt: 0, nextAttemptAt: since + 375, reason: "close 1006",
  });
  vi.advanceTimersByTime(375);
  expect(link.state.get()).toEqual({ status: "connecting", since, attempt: 1 });
  network.last.end(1006);
  expect(link.state.get()).toMatchObject({ status: "offline", since, nextAttemptAt: Date.now() + 750 });
});

test("a connection that never opens is given up and tried again", () => {
  link.start();
  const sockets = network.sockets.length;
  vi.advanceTimersByTime(6_000);
  expect(status()).toBe("offline");
  expect(network.last.closedByClient).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(network.sockets.length).toBe(sockets + 1);
});

test("a draining server is given its time", () => {
  online();
  network.last.end(4100, "draining after_s=4");
  expect(link.state.get()).toMatchObject({ status: "offline", reason: "draining", nextAttemptAt: Date.now() + 4250 });
  vi.advanceTimersByTime(4249);
  expect(network.sockets.length).toBe(1);
  vi.advanceTimersByTime(1);
  expect(network.sockets.length).toBe(2);
});

test("a bye counts when its close frame does not arrive", () => {
  online();
  network.last.push("bye", { code: 4100, reason: "draining after_s=4" });
  network.last.end(1006);
  expect(link.state.get()).toMatchObject({ reason: "draining", nextAttemptAt: Date.now() + 4250 });
});

test("a link that is closed right after each hello still backs off", () => {
  online();
  const pauses: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    network.last.end(4001, "slow_reader");
    const state = link.state.get();
    if (state.status !== "offline") throw new Error(state.status);
    pauses.push(state.nextAttemptAt - Date.now());
    vi.advanceTimersToNextTimer();
    network.last.welcome();
  }
  expect(pauses).toEqual([0, 750, 1500, 3000]);
});

test("a refused token is refreshed once and the link tried again at once", async () => {
  tokens.renewals = ["renewed"];
  online();
  network.last.end(4201, "unauthenticated");
  await vi.advanceTimersByTimeAsync(0);
  expect(tokens.asked).toEqual(["t1"]);
  network.last.open();
  expect(network.last.asked("hello").params["token"]).toBe("t1+");
  network.last.refuse("hello", { code: "unauthenticated", message: "", retry: false });
  await vi.advanceTimersByTimeAsync(0);
  expect(tokens.asked).toEqual(["t1"]);
  expect(ends).toEqual(["expired"]);
  expect(status()).toBe("idle");
});

test("an unreachable refresh is tried again later and signs nobody out", async () => {
  tokens.renewals = ["unreachable", "renewed"];
  online();
  network.last.end(4201, "unauthenticated");
  await vi.advanceTimersByTimeAsync(0);
  expect(status()).toBe("offline");
  await vi.advanceTimersByTimeAsync(1_000);
  network.last.open();
  network.last.refuse("hello", { code: "unauthenticated", message: "" });
  await vi.advanceTimersByTimeAsync(0);
  network.last.welcome();
  expect(status()).toBe("online");
  expect(ends).toEqual([]);
});

test("a refused refresh ends the sign-in", async () => {
  online();
  network.last.end(4201, "unauthenticated");
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual(["expired"]);
});

test("signed out elsewhere ends the sign-in; replaced waits for the person", () => {
  online();
  network.last.end(4203, "replaced");
  expect(link.state.get()).toMatchObject({ status: "stopped", code: 4203, reason: "replaced" });
  vi.advanceTimersByTime(600_000);
  network.page.dispatchEvent(new Event("online"));
  expect(network.sockets.length).toBe(1);
  link.tryNow();
  network.last.welcome();
  expect(status()).toBe("online");
  network.last.end(4202, "signed_out");
  expect(ends).toEqual(["signed_out"]);
});

test("an overloaded hello is tried again after the time it says", () => {
  link.start();
  network.last.open();
  network.last.refuse("hello", { code: "overloaded", message: "", retry: true, retry_after_s: 7 });
  expect(link.state.get()).toMatchObject({ status: "offline", nextAttemptAt: Date.now() + 7250 });
});

test("an idle link beats, a silent one is dropped, and every request puts the next beat off", () => {
  online();
  vi.advanceTimersByTime(24_000);
  void link.request("me.get", {}).catch(() => undefined);
  network.last.answer("me.get", { user: USER });
  vi.advanceTimersByTime(24_999);
  expect(network.last.count("heartbeat")).toBe(0);
  vi.advanceTimersByTime(1);
  expect(network.last.count("heartbeat")).toBe(1);
});

test("a link that does not answer its heartbeat is replaced", async () => {
  online();
  await vi.advanceTimersByTimeAsync(25_000);
  expect(network.last.count("heartbeat")).toBe(1);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(network.sockets[0]?.closedByClient).toBe(true);
  expect(link.state.get()).toMatchObject({ status: "offline", reason: "no_heartbeat" });
});

test("a link of which the browser says that the network is gone has two seconds to prove itself", async () => {
  online();
  network.page.dispatchEvent(new Event("offline"));
  expect(network.last.count("heartbeat")).toBe(1);
  network.last.answer("heartbeat", { server_time: Date.now() });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(status()).toBe("online");
  network.page.dispatchEvent(new Event("offline"));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(link.state.get()).toMatchObject({ status: "offline", reason: "no_heartbeat" });
});

test("heartbeats keep the idea of the server's clock", async () => {
  online();
  await vi.advanceTimersByTimeAsync(25_000);
  network.last.answer("heartbeat", { server_time: Date.now() + 5_000 });
  await vi.advanceTimersByTimeAsync(0);
  expect(link.serverNow()).toBe(Date.now() + 5_000);
});

test("coming online, or back to the page, wakes a waiting link and tests a live one", async () => {
  online();
  network.last.end(4100, "draining after_s=30");
  network.page.dispatchEvent(new Event("online"));
  expect(status()).toBe("connecting");
  network.last.welcome();
  await vi.advanceTimersByTimeAsync(3_000);
  network.page.dispatchEvent(new Event("visibilitychange"));
  expect(network.last.count("heartbeat")).toBe(1);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(status()).toBe("offline");
});

test("pushes reach their listeners, also before the reply of the same moment", () => {
  online();
  const heard: string[] = [];
  const stop = link.onPush("read", (read) => heard.push(read.conversation_id));
  network.last.push("read", { conversation_id: "9", read_seq: 1, unread: 0 });
  network.last.push("unheard_of", {});
  stop();
  network.last.push("read", { conversation_id: "10", read_seq: 1, unread: 0 });
  expect(heard).toEqual(["9"]);
});

test("what is not JSON breaks the link instead of the page", () => {
  online();
  network.last.onmessage?.({ data: "<html>" });
  expect(status()).toBe("offline");
});

test("a stopped link forgets everything and says hello anew when started", async () => {
  online();
  const asked = rejection(link.request("me.get", {}));
  link.stop();
  expect(await asked).toBe("offline");
  expect(await rejection(link.request("me.get", {}, { whenOffline: "wait" }))).toBe("offline");
  network.sockets[0]?.end(1000);
  expect(status()).toBe("idle");
  link.start();
  network.last.welcome();
  expect(status()).toBe("online");
});

test("a ticket is presented when coming back, and not after it was refused", () => {
  online();
  network.last.end(4000, "idle");
  vi.advanceTimersByTime(0);
  network.last.open();
  expect(network.last.asked("hello").params["resume"]).toBe("ticket");
  tokens.renewals = ["renewed"];
  network.last.end(4201, "unauthenticated");
  return vi.advanceTimersByTimeAsync(0).then(() => {
    network.last.open();
    expect(network.last.asked("hello").params).toMatchObject({ token: "t1+", resume: "" });
  });
});

test("signing out forgets the ticket", () => {
  online();
  link.stop();
  link.start();
  network.last.open();
  expect(network.last.asked("hello").params["resume"]).toBe("");
});

test("a token that is about to expire is renewed without a new connection", async () => {
  tokens.renewals = ["renewed"];
  link.start();
  network.last.welcome({ token_expires_at: Date.now() + 20_000 });
  await vi.advanceTimersByTimeAsync(9_000);
  expect(tokens.asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(7_000);
  expect(tokens.asked).toEqual(["t1"]);
  expect(network.last.asked("token.renew").params).toEqual({ token: "t1+" });
  network.last.answer("token.renew", { resume: "newer", token_expires_at: Date.now() + 600_000 });
  await vi.advanceTimersByTimeAsync(0);
  expect(network.sockets.length).toBe(1);
  network.last.end(4000, "idle");
  await vi.advanceTimersByTimeAsync(0);
  network.last.open();
  expect(network.last.asked("hello").params).toMatchObject({ token: "t1+", resume: "newer" });
});

test("a token that another tab has renewed is taken as it is", async () => {
  link.start();
  network.last.welcome({ token_expires_at: Date.now() + 20_000 });
  tokens.token = "other tab's";
  await vi.advanceTimersByTimeAsync(16_000);
  expect(tokens.asked).toEqual([]);
  expect(network.last.asked("token.renew").params).toEqual({ token: "other tab's" });
});

test("when there is no other token the server decides, and the link goes on until then", async () => {
  tokens.renewals = ["unreachable"];
  link.start();
  network.last.welcome({ token_expires_at: Date.now() + 10_000 });
  await vi.advanceTimersByTimeAsync(9_000);
  expect(status()).toBe("online");
  expect(network.last.received.some((request) => request.method === "token.renew")).toBe(false);
});

test("a delivery that comes again is told once and acknowledged again", () => {
  online();
  const told: string[] = [];
  link.onPush("delivery", ({ push_id }) => told.push(push_id));
  const mail = { push_id: "p", room: null, body: "x", tag: "", missed: 0, body_base64: "", mail: 7 };
  network.last.push("delivery", mail);
  vi.advanceTimersByTime(0);
  expect(network.last.asked("mail.ack").params).toEqual({ upto: 7 });
  network.last.end(4001, "slow_reader");
  vi.advanceTimersByTime(1_000);
  network.last.welcome({ mail: 1 });
  network.last.push("delivery", mail);
  vi.advanceTimersByTime(0);
  expect(told).toEqual(["p"]);
  expect(network.last.asked("mail.ack").params).toEqual({ upto: 7 });
  network.last.push("delivery", { push_id: "", room: null, body: "", tag: "", missed: 4, body_base64: "", mail: 0 });
  expect(link.missed.get()).toBe(4);
});
