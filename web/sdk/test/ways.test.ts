import { expect, test } from "vitest";
import { Ways } from "../src/ways";
import { MapShelf } from "./support/browser";

test("WebSocket comes first, HTTP when it failed twice while HTTP worked", () => {
  const ways = new Ways(new MapShelf());
  expect(ways.next()).toBe("websocket");
  ways.onBlocked(false);
  expect(ways.next()).toBe("websocket");
  ways.onBlocked(false);
  expect(ways.next()).toBe("http");
});

test("an upgrade that is swallowed needs no second time-out", () => {
  const ways = new Ways(new MapShelf());
  ways.onBlocked(true);
  expect(ways.next()).toBe("http");
});

test("when HTTP fails as well WebSocket is tried again, and they take turns", () => {
  const ways = new Ways(new MapShelf());
  ways.onBlocked(true);
  ways.onHttpFailed();
  expect(ways.next()).toBe("websocket");
  ways.onBlocked(false);
  expect(ways.next()).toBe("http");
});

test("what worked last is tried first after a reload, until a WebSocket has worked", () => {
  const shelf = new MapShelf();
  const ways = new Ways(shelf);
  ways.onBlocked(true);
  ways.onGreeted("http");
  expect([new Ways(shelf).next(), new Ways(shelf).down]).toEqual(["http", "events"]);
  ways.keep("poll");
  expect(new Ways(shelf).down).toBe("poll");
  ways.onGreeted("websocket");
  expect([new Ways(shelf).next(), new Ways(shelf).down]).toEqual(["websocket", "events"]);
});

test("tries for a WebSocket become rarer, up to five minutes, and anew on another network", () => {
  const ways = new Ways(new MapShelf());
  const pauses = Array.from({ length: 8 }, () => ways.tryAgainMs(0.5));
  expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  ways.onNetworkChange();
  expect([ways.tryAgainMs(0), ways.tryAgainMs(0)]).toEqual([7_500, 15_000]);
});
