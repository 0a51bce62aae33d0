import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Link } from "../src/link";
import type { DeliveryPush, RoomPresencePush } from "../src/protocol";
import { Rooms } from "../src/rooms";
import { FakeNetwork } from "./support/fake_socket";

const KEPT = { user: { id: "1", name: "ann", display_name: "Ann", avatar: "" }, admin: false, token: "t", refreshToken: "r" };

let network: FakeNetwork;
let link: Link;
let rooms: Rooms;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  network = new FakeNetwork();
  link = new Link(
    network.environment(),
    { kept: () => KEPT, renew: () => Promise.resolve("refused") },
    { instance: "tab", client: "test" },
  );
  rooms = new Rooms(link);
  link.start();
});

afterEach(() => {
  link.close();
  vi.useRealTimers();
});

function deliver(room: string, offset: number, body = String(offset), epoch = "e"): void {
  network.last.push("delivery", {
    push_id: `${body} ${offset}`, room, body, ...(epoch === "" ? {} : { offset, epoch }),
  } satisfies DeliveryPush);
}

function ear() {
  const heard: string[] = [];
  return {
    heard,
    message: (delivery: DeliveryPush) => void heard.push(delivery.body),
    gap: () => void heard.push("gap"),
    presence: (event: RoomPresencePush) => void heard.push(`online ${event.online}`),
  };
}

async function joined(room: string, listener: ReturnType<typeof ear>, offset = 0) {
  const joining = rooms.join(room, listener);
  network.last.answer("room.join", {
    room, online: 1, position: { epoch: "e", offset }, recovered: false, users: [],
  });
  return joining;
}

async function comeBack(recovered: boolean, offset: number): Promise<void> {
  network.last.end(1006);
  await vi.advanceTimersByTimeAsync(1_000);
  network.last.open();
  network.last.answer("hello", {
    server_time: 0, heartbeat_s: 25, epoch: "e1",
    room_states: [{ room: "live:1", position: { epoch: "e", offset }, recovered }],
  });
}

test("a room is joined again by the next hello, with the last position heard", async () => {
  network.last.welcome();
  const listener = ear();
  await joined("live:1", listener);
  deliver("live:1", 1);
  deliver("live:1", 2);
  await comeBack(true, 4);
  expect(network.last.asked("hello").params).toMatchObject({
    rooms: ["live:1"],
    since: { "live:1": { epoch: "e", offset: 2 } },
  });
  deliver("live:1", 3);
  deliver("live:1", 4);
  expect(listener.heard).toEqual(["1", "2", "3", "4"]);
  expect(rooms.position("live:1")).toEqual({ epoch: "e", offset: 4 });
});

test("what cannot be filled is told as a gap, and the room goes on from where it is", async () => {
  network.last.welcome();
  const listener = ear();
  await joined("live:1", listener, 7);
  await comeBack(false, 90);
  expect(listener.heard).toEqual(["gap"]);
  expect(rooms.position("live:1")).toEqual({ epoch: "e", offset: 90 });
});

test("a room wanted while offline is joined by the hello", async () => {
  const listener = ear();
  await rooms.join("live:1", listener);
  network.last.open();
  expect(network.last.asked("hello").params).toMatchObject({ rooms: ["live:1"], since: {} });
});

test("two listeners share one membership, and the last one to stop leaves", async () => {
  network.last.welcome();
  const one = ear();
  const two = ear();
  const stopOne = await joined("live:1", one);
  const stopTwo = await rooms.join("live:1", two);
  expect(network.last.count("room.join")).toBe(1);
  deliver("live:1", 1);
  stopOne();
  expect(network.last.count("room.leave")).toBe(0);
  deliver("live:1", 2);
  stopTwo();
  stopTwo();
  expect(network.last.count("room.leave")).toBe(1);
  expect([one.heard, two.heard]).toEqual([["1"], ["1", "2"]]);
});

test("a refused join is told and not repeated by the next hello", async () => {
  network.last.welcome();
  const joining = rooms.join("x".repeat(200), ear());
  network.last.refuse("room.join", { code: "bad_request", message: "too long" });
  await expect(joining).rejects.toMatchObject({ code: "bad_request" });
  network.last.end(1006);
  await vi.advanceTimersByTimeAsync(1_000);
  network.last.open();
  expect(network.last.asked("hello").params["rooms"]).toEqual([]);
});

test("presence goes to the listeners of its room", async () => {
  network.last.welcome();
  const listener = ear();
  await joined("live:1", listener);
  for (const room of ["live:1", "live:2"]) {
    network.last.push("room.presence", { room, online: 3, named: false, users: [], joined: [], left: [] });
  }
  expect(listener.heard).toEqual(["online 3"]);
});

test("publishing has a client id, the caller's when it has one", async () => {
  network.last.welcome();
  const said = rooms.publish("live:1", "hi", { clientId: "c1", priority: "high" });
  expect(network.last.asked("room.publish").params).toEqual({
    room: "live:1", body: "hi", client_id: "c1", priority: "high",
  });
  network.last.answer("room.publish", { push_id: "p1", repeated: false });
  expect(await said).toEqual({ push_id: "p1", repeated: false });
  void rooms.publish("live:1", "hi").catch(() => undefined);
  expect(network.last.asked("room.publish").params["client_id"]).toHaveLength(36);
});

test("a room that keeps nothing may have lost something whenever it is joined again", async () => {
  network.last.welcome();
  const listener = ear();
  const joining = rooms.join("news", listener);
  network.last.answer("room.join", { room: "news", online: 1, position: null, recovered: false, users: [] });
  await joining;
  expect(listener.heard).toEqual([]);
  network.last.end(1006);
  await vi.advanceTimersByTimeAsync(1_000);
  network.last.open();
  network.last.answer("hello", {
    server_time: 0, heartbeat_s: 25, epoch: "e1",
    room_states: [{ room: "news", position: null, recovered: false }],
  });
  expect(listener.heard).toEqual(["gap"]);
});

test("what may be done in a room, and which rooms there are, is asked for", async () => {
  network.last.welcome();
  const rules = { publish: true, high: false, max_bytes: 2_048, slow_mode_s: 0, keeps: true, presence: true };
  const got = rooms.get("chat://lobby");
  expect(network.last.asked("room.get").params).toEqual({ room: "chat://lobby" });
  network.last.answer("room.get", { room: "chat://lobby", online: 2, users: [], rules });
  expect((await got).rules).toEqual(rules);
  const listed = rooms.list();
  network.last.answer("room.list", { rooms: [{ room: "chat://lobby", online: 2 }], beginning: "chat://" });
  expect(await listed).toEqual({ rooms: [{ room: "chat://lobby", online: 2 }], beginning: "chat://" });
});
