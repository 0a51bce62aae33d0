import { expect, test } from "vitest";

import { ParlorError } from "../src/errors";
import { Files, type AskJson } from "../src/files";

const MIB = 1024 * 1024;
const unreachable = (): ParlorError => new ParlorError("unreachable", "Nobody there.", true);

/** A server that keeps one upload, and breaks where the test says. */
class Server {
  size = 0;
  offset = 0;
  asked: string[] = [];
  deleted = false;
  breaks: (ParlorError | null)[] = [];
  /** Of a part that breaks, so much has come. */
  cameBefore = 0;

  ask: AskJson = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    this.asked.push(`${method} ${path.replace("/api/v1", "")}`);
    const broken = this.breaks.shift();
    if (broken) {
      this.offset += this.cameBefore;
      throw broken;
    }
    if (method === "POST") this.size = (body as { size: number }).size;
    if (method === "DELETE") this.deleted = true;
    if (method === "PUT") this.offset = Number(path.split("=")[1]) + (body as Blob).size;
    const whole = method !== "POST" && this.offset === this.size;
    return { upload: whole ? null : { id: "u", offset: this.offset }, file: whole ? { id: "u", name: "a" } : null } as T;
  };
}

function files(server: Server): Files {
  return new Files(server.ask, () => Promise.reject(unreachable()), () => Promise.resolve());
}

const data = new Blob([new Uint8Array(5 * MIB)]);

test("a file goes in parts, and says how far it has come", async () => {
  const server = new Server();
  const told: number[] = [];
  const file = await files(server).upload(data, { name: "a", kind: "file", onProgress: (bytes) => told.push(bytes) });
  expect(file.id).toBe("u");
  expect(server.asked).toEqual(["POST /uploads", "PUT /uploads/u?offset=0", `PUT /uploads/u?offset=${2 * MIB}`, `PUT /uploads/u?offset=${4 * MIB}`]);
  expect(told).toEqual([2 * MIB, 4 * MIB, 5 * MIB]);
});

test("after a break it asks how far it has come, and goes on from there", async () => {
  const server = new Server();
  server.breaks = [null, unreachable(), unreachable(), null];
  server.cameBefore = MIB / 2;
  await files(server).upload(data, { name: "a", kind: "file" });
  expect(server.asked.slice(1, 5)).toEqual(["PUT /uploads/u?offset=0", "GET /uploads/u", "GET /uploads/u", `PUT /uploads/u?offset=${MIB}`]);
});

test("the answer to the last part may be lost", async () => {
  const server = new Server();
  server.breaks = [null, unreachable()];
  server.cameBefore = 3;
  const file = await files(server).upload(new Blob(["abc"]), { name: "a", kind: "file" });
  expect(file.id).toBe("u");
  expect(server.asked.at(-1)).toBe("GET /uploads/u");
});

test("what the server refuses ends it, and the server forgets what came", async () => {
  const server = new Server();
  server.breaks = [null, new ParlorError("bad_picture", "No.", false)];
  await expect(files(server).upload(data, { name: "a", kind: "picture" })).rejects.toMatchObject({ code: "bad_picture" });
  expect(server.deleted).toBe(true);
});

test("giving up ends it, also while it waits for the network", async () => {
  const server = new Server();
  const stop = new AbortController();
  const waiting = new Files(server.ask, () => Promise.reject(unreachable()), async () => stop.abort());
  server.breaks = [null, unreachable()];
  await expect(waiting.upload(data, { name: "a", kind: "file", signal: stop.signal })).rejects.toMatchObject({ code: "aborted" });
  expect(server.deleted).toBe(true);
});
