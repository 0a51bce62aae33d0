import { IDBFactory } from "fake-indexeddb";
import { expect, test } from "vitest";
import type { Act } from "../src/act";
import { Database } from "../src/database";
import { Chat } from "./support/chat";
import { Browser, Page } from "./support/page";

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** As the first version of the app left it. */
function firstVersion(factory: IDBFactory): Promise<void> {
  const message = {
    client_id: "c1", conversation_id: "9", sender: "1", text: "unsent", reply_to: 3, mentions: ["2"],
    created_at: 5, state: "sending", error: null,
  };
  const failed = { ...message, client_id: "c2", state: "failed", error: { code: "bad_text", message: "Bad." } };
  return new Promise((resolve, reject) => {
    const request = factory.open("parlor", 1);
    request.onupgradeneeded = () => {
      const outgoing = request.result.createObjectStore("outgoing", { keyPath: "client_id" });
      for (const one of [message, failed]) outgoing.put({ client_id: one.client_id, user: "1", tab: "t", message: one });
      const drafts = request.result.createObjectStore("drafts", { keyPath: "key" });
      drafts.put({ key: "1/8", user: "1", conversation: "8", text: "half a" });
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

test("what an earlier version has kept is sent by this one: messages, and drafts", async () => {
  const factory = new IDBFactory();
  await firstVersion(factory);
  const chat = new Chat();
  const page = await new Page(chat, { browser: new Browser(factory) }).begin();
  expect(page.drafts.get("8")).toBe("half a");
  expect(page.outbox.messages.get().get("9")).toMatchObject([
    { client_id: "c1", text: "unsent", reply_to: 3, mentions: ["2"], state: "sending" },
    { client_id: "c2", state: "failed", error: { code: "bad_text" } },
  ]);
  page.greet();
  await quiet();
  expect(chat.log("9").map((event) => [event.client_id, event.text])).toEqual([["c1", "unsent"]]);
  expect(chat.own.get("d:8")?.body).toContain("half a");
  const left = await page.database.read<Act>("outgoing");
  expect(left.map((act) => act.client_id)).toEqual(["c2"]);
});

for (const [where, factory] of [["IndexedDB", new IDBFactory()], ["memory", null]] as const) {
  test(`${where}: records are read by the beginning of their keys, in order, the last ones if so asked`, async () => {
    const database = new Database(factory);
    const keys = ["1/b/2", "1/b/1", "1/a/1", "2/b/1"];
    await database.write(keys.map((key) => ({ store: "events", put: { key } })));
    const read = async (prefix: string, limit?: number) =>
      (await database.read<{ key: string }>("events", { prefix, limit })).map(({ key }) => key);
    expect(await read("1/")).toEqual(["1/a/1", "1/b/1", "1/b/2"]);
    expect(await read("1/", 2)).toEqual(["1/b/1", "1/b/2"]);
    expect(await database.count("events", "1/b/")).toBe(2);
    await database.write([{ store: "events", deleteAll: "1/b/" }, { store: "events", delete: "2/b/1" }]);
    expect(await read("")).toEqual(["1/a/1"]);
    await database.close();
  });

  test(`${where}: a record is made from the one that is there, or left alone`, async () => {
    const database = new Database(factory);
    const add = (by: number) => ({
      store: "rows" as const,
      key: "k",
      make: (there?: { count: number }) => (by < 0 ? null : { key: "k", count: (there?.count ?? 0) + by }),
    });
    expect(await database.write([add(1), add(2), add(-1)])).toBe(true);
    expect(await database.read("rows", { prefix: "k" })).toEqual([{ key: "k", count: 3 }]);
    await database.close();
  });
}

test("a write that cannot be made says so, and a page lives on", async () => {
  const factory = new IDBFactory();
  const database = new Database(factory);
  expect(await database.write([{ store: "rows", put: { key: "a" } }])).toBe(true);
  await database.close();
  expect(await database.write([{ store: "rows", put: { key: "b" } }])).toBe(false);
  expect(await database.read("rows")).toEqual([]);
});
