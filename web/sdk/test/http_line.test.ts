import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { surroundings } from "../src/environment";
import { HttpLine, type Down } from "../src/transports/http";
import { FakeHttp } from "./support/fake_http";

let server: FakeHttp;
let line: HttpLine;
let heard: unknown[];
let closes: [number, string][];
let heldBack: number;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  server = new FakeHttp();
  heard = [];
  closes = [];
  heldBack = 0;
});

afterEach(() => {
  line.close();
  vi.useRealTimers();
});

async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function open(down: Down = "events"): Promise<void> {
  const environment = surroundings({ baseUrl: "http://parlor.test", fetch: server.fetch });
  const events = {
    onOpen: () => line.send(JSON.stringify({ id: 1, method: "hello", params: { token: "t" } })),
    onText: (text: string) => heard.push(JSON.parse(text)),
    onClose: (code: number, reason: string) => closes.push([code, reason]),
  };
  line = new HttpLine(environment, events, down, () => (heldBack += 1));
  await settle();
}

function ask(id: number): void {
  line.send(JSON.stringify({ id, method: "heartbeat", params: {} }));
}

const pushed = (count: number): unknown[] => Array.from({ length: count }, (_, n) => ({ push: "n", data: n }));

for (const down of ["events", "poll"] as const) {
  test(`hello opens the link and its reply is heard (${down})`, async () => {
    await open(down);
    expect(heard).toMatchObject([{ id: 1, result: { endpoint: "laptop/tab" } }]);
    expect(server.received.map((request) => request.method)).toEqual(["hello"]);
  });

  test(`pushes come in order, once, whatever breaks (${down})`, async () => {
    await open(down);
    heard.length = 0;
    for (let n = 0; n < 60; n += 1) {
      server.push("n", n);
      if (n % 7 === 3) server.cut();
      await settle(n % 5 === 0 ? 700 : 0);
    }
    await settle(2_000);
    expect(heard).toEqual(pushed(60));
    expect(closes).toEqual([]);
  });

  test(`a link that the server has forgotten is closed (${down})`, async () => {
    await open(down);
    server.forget();
    await settle(2_000);
    expect(closes).toEqual([[1006, "no_such_link"]]);
  });
}

test("what is sent while a request is on its way goes together, in order", async () => {
  await open();
  for (let id = 2; id < 12; id += 1) ask(id);
  await settle();
  expect(server.received.slice(1).map(({ id }) => id)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(server.requests.filter((request) => request === "POST /http/send").length).toBeLessThan(4);
});

test("a post whose answer was lost is sent again and done once", async () => {
  await open();
  server.losesAnswers = 3;
  ask(2);
  await settle(5_000);
  ask(3);
  await settle();
  expect(server.received.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(closes).toEqual([]);
});

test("a stream that is held back becomes polls, and nothing is lost by it", async () => {
  server.holdsBack = true;
  await open();
  server.push("n", 0);
  await settle(3_900);
  expect(heldBack).toBe(0);
  await settle(200);
  expect(heldBack).toBe(1);
  server.push("n", 1);
  await settle();
  expect(heard.slice(1)).toEqual(pushed(2));
});

test("a stream that falls silent is opened again", async () => {
  await open();
  await settle(25_500);
  expect(server.requests.filter((request) => request === "GET /http/events").length).toBe(2);
  server.push("n", 0);
  await settle();
  expect(heard.slice(1)).toEqual(pushed(1));
  expect(heldBack).toBe(0);
});

test("much that comes down is acknowledged before the server has to wait", async () => {
  await open();
  for (let n = 0; n < 50; n += 1) {
    server.push("n", "x".repeat(1_000));
    await settle();
  }
  expect(heard.length).toBe(51);
  expect(server.unacknowledged).toBeLessThan(10);
});

test("a server that cannot be reached closes the line after a few tries", async () => {
  await open();
  server.down = true;
  server.cut();
  await settle(1_000);
  expect(closes).toEqual([]);
  await settle(5_000);
  expect(closes).toEqual([[1006, "unreachable"]]);
});

test("a refused connect says when to come back", async () => {
  const refuse = (): Promise<Response> =>
    Promise.resolve(Response.json({ error: { code: "draining", message: "", retry_after_s: 4 } }, { status: 503 }));
  server = Object.assign(new FakeHttp(), { fetch: refuse });
  await open();
  expect(closes).toEqual([[4100, "draining after_s=4"]]);
});

test("an answer that is somebody else's closes the line", async () => {
  const page = (): Promise<Response> => Promise.resolve(new Response("<html>sign in to the hotel</html>"));
  server = Object.assign(new FakeHttp(), { fetch: page });
  await open();
  expect(closes).toEqual([[1006, "bad_reply"]]);
});

test("after close nothing is heard, and the server is told", async () => {
  await open();
  line.close();
  server.push("n", 0);
  await settle();
  expect(heard.length).toBe(1);
  expect(server.requests.at(-1)).toBe("POST /http/close");
  expect(closes).toEqual([]);
});
