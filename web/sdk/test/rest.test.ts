import { expect, test } from "vitest";
import { Rest } from "../src/rest";

interface Sent {
  url: string;
  method: string | undefined;
  headers: Record<string, string>;
  body: unknown;
  keepalive: boolean;
}

function rest(answer: () => Response | Promise<Response>): { rest: Rest; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : init.body;
    sent.push({ url, method: init.method, headers: init.headers as Record<string, string>, body, keepalive: init.keepalive === true });
    return answer();
  }) as unknown as typeof globalThis.fetch;
  return { rest: new Rest("http://parlor.test", fetch), sent };
}

const json = (status: number, value: unknown): Response => new Response(JSON.stringify(value), { status });

test("signing up sends the account and the device", async () => {
  const { rest: api, sent } = rest(() => json(201, { token: "t" }));
  await api.signUp({ name: "ann", password: "long enough", displayName: "Ann" }, "laptop");
  expect(sent[0]).toMatchObject({
    url: "http://parlor.test/api/v1/accounts",
    method: "POST",
    body: { name: "ann", password: "long enough", display_name: "Ann", device: "laptop" },
  });
});

test("a one-time password takes a new one along", async () => {
  const { rest: api, sent } = rest(() => json(200, { token: "t" }));
  await api.signIn("ann", "one-time", "laptop", "my own choice");
  await api.signIn("ann", "my own choice", "laptop");
  expect(sent.map(({ body }) => body)).toEqual([
    { name: "ann", password: "one-time", device: "laptop", new_password: "my own choice" },
    { name: "ann", password: "my own choice", device: "laptop" },
  ]);
});

test("signing out carries the token and takes an empty answer", async () => {
  const { rest: api, sent } = rest(() => new Response(null, { status: 204 }));
  await api.signOut("t1");
  expect(sent[0]).toMatchObject({ method: "DELETE", headers: { Authorization: "Bearer t1" }, body: null });
  // Whoever signs out and leaves at once is signed out.
  expect(sent[0]?.keepalive).toBe(true);
});

test("a refusal keeps its code, sentence, status and retry", async () => {
  const error = { code: "too_many_attempts", message: "Wait.", retry: true, retry_after_s: 30 };
  const { rest: api } = rest(() => json(429, { error }));
  await expect(api.signIn("ann", "wrong", "laptop")).rejects.toMatchObject({
    code: "too_many_attempts", message: "Wait.", retry: true, retryAfterS: 30, status: 429,
  });
});

test("no answer is unreachable, another program's answer is a bad reply", async () => {
  const { rest: none } = rest(() => Promise.reject(new TypeError("fetch failed")));
  await expect(none.server()).rejects.toMatchObject({ code: "unreachable", retry: true });
  const { rest: proxy } = rest(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await expect(proxy.server()).rejects.toMatchObject({ code: "bad_reply", status: 502, retry: true });
  const { rest: page } = rest(() => new Response("<html>", { status: 200 }));
  await expect(page.server()).rejects.toMatchObject({ code: "bad_reply", retry: false });
});

test("a set-up token is one path segment whatever is in it", async () => {
  const { rest: api, sent } = rest(() => json(200, { name: "ann", admin: true }));
  await api.setUpLink("a/../b?c");
  expect(sent[0]?.url).toBe("http://parlor.test/api/v1/setup/a%2F..%2Fb%3Fc");
});

test("a file goes as it is, with its type", async () => {
  const { rest: api, sent } = rest(() => json(200, { picture: { id: "p1" } }));
  const file = new Blob(["png"], { type: "image/png" });
  await api.call("POST", "/api/v1/avatars", file, "t1");
  expect(sent[0]?.headers["Content-Type"]).toBe("image/png");
  expect(sent[0]?.body).toBe(file);
});
