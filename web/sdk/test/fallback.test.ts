import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Link, type LinkState } from "../src/link";
import type { HelloResult } from "../src/protocol";
import { MapShelf } from "./support/browser";
import { FakeHttp } from "./support/fake_http";
import { FakeNetwork } from "./support/fake_socket";
import { ANN } from "./support/chat";

let network: FakeNetwork;
let http: FakeHttp;
let shelf: MapShelf;
let link: Link;
let states: LinkState["status"][];
let greetings: HelloResult[];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  network = new FakeNetwork();
  http = new FakeHttp();
  shelf = new MapShelf();
  link = made();
});

afterEach(() => {
  link.close();
  vi.useRealTimers();
});

function made(): Link {
  const tokens = {
    kept: () => ({ user: ANN, admin: false, token: "t", refreshToken: "r" }),
    renew: () => Promise.resolve("refused" as const),
  };
  const environment = network.environment({ fetch: http.fetch, tabShelf: shelf });
  const link = new Link(environment, tokens, { instance: "tab", client: "test" });
  states = [];
  greetings = [];
  link.state.subscribe((state) => states.push(state.status));
  link.greeted.on((hello) => greetings.push(hello));
  return link;
}

async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Every WebSocket is refused until the link is there. */
async function refuseUpgrades(): Promise<void> {
  link.start();
  for (let tries = 0; tries < 5 && !link.online; tries += 1) {
    const sockets = network.sockets.length;
    network.last.end(1006);
    await settle(1_500);
    if (network.sockets.length === sockets) break;
  }
}

async function beat(): Promise<unknown> {
  const asked = link.request("heartbeat", {});
  await settle();
  http.answer("heartbeat", { server_time: Date.now() });
  await settle();
  return asked;
}

test("refused upgrades lead to plain HTTP, where everything goes on as before", async () => {
  await refuseUpgrades();
  expect(link.online).toBe(true);
  expect(network.sockets.length).toBe(2);
  await expect(beat()).resolves.toHaveProperty("server_time");
  const reads: unknown[] = [];
  link.onPush("read", (read) => reads.push(read.conversation_id));
  http.push("read", { conversation_id: "9", read_seq: 1, unread: 0 });
  await settle();
  expect(reads).toEqual(["9"]);
});

test("an upgrade that is swallowed leads there after one time-out", async () => {
  link.start();
  await settle(6_500);
  expect(link.online).toBe(true);
  expect(network.sockets.length).toBe(1);
});

test("an upgrade that is taken but lets nothing through leads there, too", async () => {
  link.start();
  network.last.open();
  await settle(10_500);
  expect(link.online).toBe(true);
  expect(http.links).toBe(1);
});

test("a server that is down is not taken for a blocked upgrade", async () => {
  http.down = true;
  link.start();
  for (let tries = 0; tries < 6; tries += 1) {
    network.last.end(1006);
    await settle(31_000);
  }
  expect(http.links).toBe(0);
  expect(network.sockets.length).toBeGreaterThan(6);
  link.tryNow();
  network.last.welcome();
  expect(link.online).toBe(true);
});

test("a WebSocket that the server itself closed is not taken for a blocked one", async () => {
  link.start();
  for (let tries = 0; tries < 4; tries += 1) {
    network.last.open();
    network.last.end(4101, "overloaded after_s=1");
    await settle(2_000);
  }
  expect(http.links).toBe(0);
});

test("when neither gets through both are tried in turn", async () => {
  await refuseUpgrades();
  http.down = true;
  http.forget();
  await settle(60_000);
  expect(link.online).toBe(false);
  const sockets = network.sockets.length;
  expect(sockets).toBeGreaterThan(2);
  http.down = false;
  for (let tries = 0; tries < 5 && !link.online; tries += 1) {
    network.last.end(1006);
    await settle(31_000);
  }
  expect(link.online).toBe(true);
});

test("a WebSocket that gets through takes over without a moment offline", async () => {
  await refuseUpgrades();
  states.length = 0;
  await settle(10_000);
  expect(network.sockets.length).toBe(3);
  network.last.open();
  expect(network.last.asked("hello").params["instance"]).toBe("tab");
  expect(link.online).toBe(true);
  network.last.welcome();
  expect(states).toEqual(["online"]);
  expect(greetings.length).toBe(2);
  void link.request("me.get", {}).catch(() => undefined);
  expect(network.last.count("me.get")).toBe(1);
  network.last.answer("me.get", { user: ANN });
  await settle(3_500);
  expect(http.requests.at(-1)).toBe("POST /http/close");
  await settle(22_000);
  network.last.answer("heartbeat", { server_time: Date.now() });
  await settle(0);
  expect(network.sockets.length).toBe(3);
});

test("what was asked over HTTP is still answered after the change", async () => {
  await refuseUpgrades();
  await settle(9_900);
  const asked = link.request("me.get", {});
  const lost = link.request("users.get", { ids: [] }).catch((error: { code: string }) => error.code);
  await settle(200);
  network.last.welcome();
  http.answer("me.get", { user: ANN });
  await settle();
  await expect(asked).resolves.toEqual({ user: ANN });
  await settle(3_500);
  await expect(lost).resolves.toBe("offline");
});

test("after the change, pushes of the old line are not heard twice", async () => {
  await refuseUpgrades();
  await settle(10_000);
  const reads: string[] = [];
  link.onPush("read", (read) => reads.push(read.conversation_id));
  network.last.welcome();
  http.push("read", { conversation_id: "9", read_seq: 1, unread: 0 });
  network.last.push("read", { conversation_id: "9", read_seq: 1, unread: 0 });
  await settle();
  expect(reads).toEqual(["9"]);
});

test("tries that fail are repeated ever more rarely and disturb nobody", async () => {
  await refuseUpgrades();
  states.length = 0;
  const began = Date.now();
  const tries: number[] = [];
  while (Date.now() - began < 200_000) {
    const sockets = network.sockets.length;
    await settle(1_000);
    if (http.received.at(-1)?.method === "heartbeat") http.answer("heartbeat", { server_time: Date.now() });
    if (network.sockets.length > sockets) {
      tries.push(Math.round((Date.now() - began) / 10_000));
      network.last.end(1006);
    }
  }
  expect(tries).toEqual([1, 3, 7, 15]);
  expect(states).toEqual([]);
});

test("a try that gets no frames through is given up", async () => {
  await refuseUpgrades();
  await settle(10_000);
  network.last.open();
  const silent = network.last;
  await settle(6_100);
  expect(silent.closedByClient).toBe(true);
  expect(link.online).toBe(true);
});

test("another network is a reason to try soon", async () => {
  await refuseUpgrades();
  for (let tries = 0; tries < 3; tries += 1) {
    const sockets = network.sockets.length;
    while (network.sockets.length === sockets) {
      await settle(1_000);
      if (http.received.at(-1)?.method === "heartbeat") http.answer("heartbeat", { server_time: Date.now() });
    }
    network.last.end(1006);
  }
  const sockets = network.sockets.length;
  network.network.dispatchEvent(new Event("change"));
  await settle();
  http.answer("heartbeat", { server_time: Date.now() });
  await settle(10_500);
  expect(network.sockets.length).toBe(sockets + 1);
});

test("a tab that had to use HTTP begins with it after a reload", async () => {
  await refuseUpgrades();
  link.close();
  await settle();
  const sockets = network.sockets.length;
  link = made();
  link.start();
  await settle();
  expect(link.online).toBe(true);
  expect(network.sockets.length).toBe(sockets);
});

test("held-back streams are remembered, too", async () => {
  http.holdsBack = true;
  await refuseUpgrades();
  await settle(4_500);
  link.close();
  await settle();
  http.requests.length = 0;
  link = made();
  link.start();
  await settle();
  http.push("read", { conversation_id: "9", read_seq: 1, unread: 0 });
  await settle();
  expect(link.online).toBe(true);
  expect(http.requests.filter((request) => request === "GET /http/events").length).toBe(2);
});

test("a bye over HTTP says when to come back", async () => {
  await refuseUpgrades();
  http.push("bye", { code: 4100, reason: "draining after_s=4" });
  await settle();
  expect(link.state.get()).toMatchObject({ status: "offline", reason: "draining", nextAttemptAt: Date.now() + 4250 });
  await settle(4_300);
  expect(http.links).toBe(2);
  expect(link.online).toBe(true);
});
