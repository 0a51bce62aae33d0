/** The link over real loopback sockets: what a fake socket would take for granted. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { surroundings } from "../src/environment";
import { Link, type LinkState } from "../src/link";
import { helloResult } from "./support/fake_socket";
import { ANN } from "./support/chat";

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

interface Running {
  port: number;
  sockets: WebSocket[];
  stop(): Promise<void>;
}

async function serve(port = 0): Promise<Running> {
  const http: Server = createServer();
  const sockets: WebSocket[] = [];
  const handleProtocols = (offered: Set<string>): string | false => [...offered][0] ?? false;
  const server = new WebSocketServer({ server: http, path: "/ws", handleProtocols });
  server.on("connection", (socket) => {
    sockets.push(socket);
    socket.on("message", (text: Buffer) => {
      const { id, method, params } = JSON.parse(text.toString()) as { id: number; method: string; params: unknown };
      const result = method === "hello" ? helloResult() : { echo: params, protocol: socket.protocol };
      socket.send(JSON.stringify({ id, result }));
    });
  });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  const stop = (): Promise<void> => {
    for (const socket of sockets) socket.terminate();
    http.closeAllConnections();
    return new Promise((resolve) => http.close(() => resolve()));
  };
  opened.push({ close: () => void stop() });
  return { port: (http.address() as AddressInfo).port, sockets, stop };
}

function link(port: number): Link {
  const environment = surroundings({
    baseUrl: `http://127.0.0.1:${port}`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    random: () => 0,
  });
  const tokens = {
    kept: () => ({ user: ANN, admin: false, token: "t", refreshToken: "r" }),
    renew: () => Promise.resolve("refused" as const),
  };
  const made = new Link(environment, tokens, { instance: "tab", client: "test" });
  opened.push(made);
  made.start();
  return made;
}

function reached(made: Link, status: LinkState["status"]): Promise<LinkState> {
  return new Promise((resolve) => {
    if (made.state.get().status === status) return resolve(made.state.get());
    const stop = made.state.subscribe((state) => {
      if (state.status !== status) return;
      stop();
      resolve(state);
    });
  });
}

test("hello, the subprotocol and Unicode go over a real socket", async () => {
  const server = await serve();
  const made = link(server.port);
  await reached(made, "online");
  const answer: unknown = await made.request("users.find", { query: "你好 👋" });
  expect(answer).toEqual({ echo: { query: "你好 👋" }, protocol: "parlor.v1.json" });
});

test("a close frame's code and reason decide what happens next", async () => {
  const server = await serve();
  const made = link(server.port);
  await reached(made, "online");
  server.sockets[0]?.close(4100, "draining after_s=0.05");
  expect(await reached(made, "offline")).toMatchObject({ reason: "draining" });
  await reached(made, "online");
  server.sockets[1]?.close(4203, "replaced");
  expect(await reached(made, "stopped")).toMatchObject({ code: 4203, reason: "replaced" });
});

test("a server that dies and is started again is found again", async () => {
  const server = await serve();
  const made = link(server.port);
  await reached(made, "online");
  await server.stop();
  await reached(made, "offline");
  await serve(server.port);
  await reached(made, "online");
  await expect(made.request("me.get", {})).resolves.toBeDefined();
});
