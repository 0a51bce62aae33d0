import type { Environment } from "../../src/environment";
import { surroundings } from "../../src/environment";
import type { HelloResult } from "../../src/protocol";
import { MapShelf } from "./browser";

interface Received {
  id: number;
  method: string;
  params: Record<string, unknown>;
}

/** A WebSocket whose server side is in the hands of the test. */
export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly received: Received[] = [];
  closedByClient = false;
  readyState = 0;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {}

  send(text: string): void {
    this.received.push(JSON.parse(text) as Received);
  }

  close(): void {
    this.closedByClient = true;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  push(name: string, data: unknown): void {
    this.say({ push: name, data });
  }

  /** The last request of this method. */
  asked(method: string): Received {
    const found = this.received.filter((request) => request.method === method).at(-1);
    if (!found) throw new Error(`no ${method} in ${this.received.map((one) => one.method).join(", ")}`);
    return found;
  }

  count(method: string): number {
    return this.received.filter((request) => request.method === method).length;
  }

  answer(method: string, result: unknown): void {
    this.say({ id: this.asked(method).id, result });
  }

  refuse(method: string, error: { code: string; message: string; retry?: boolean; retry_after_s?: number }): void {
    this.say({ id: this.asked(method).id, error });
  }

  /** The server has begun to close; the browser has not told yet. */
  closing(): void {
    this.readyState = 2;
  }

  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  welcome(hello: Partial<HelloResult> = {}): void {
    this.open();
    this.answer("hello", helloResult(hello));
  }
}

export function helloResult(hello: Partial<HelloResult> = {}): HelloResult {
  return {
    user: { id: "1", name: "ann", display_name: "Ann", avatar: "" },
    admin: false,
    device: "laptop",
    connection: "c1",
    endpoint: "laptop/tab",
    server_time: Date.now(),
    heartbeat_s: 25,
    back_off: { first_s: 0.5, longest_s: 30 },
    epoch: "e1",
    epoch_changed: false,
    limits: {
      max_message_bytes: 131072,
      max_text_chars: 4096,
      max_group_members: 1000,
      requests_per_second: 20,
      request_burst: 100,
      recall_window_s: 120,
      edit_window_s: 86400,
    },
    calls: [],
    rooms: [],
    resume: "ticket",
    resumed: false,
    token_expires_at: 0,
    room_states: [],
    mail: 0,
    ...hello,
  };
}

/** All sockets that a link opened, the newest last. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  readonly page = new EventTarget();
  readonly network = new EventTarget();

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nothing connected");
    return socket;
  }

  environment(overrides: Partial<Environment> = {}): Environment {
    const { sockets } = this;
    class Recorded extends FakeSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    }
    return surroundings({
      baseUrl: "http://parlor.test",
      fetch: () => Promise.reject(new TypeError("Nothing but WebSockets here.")),
      tabShelf: new MapShelf(),
      WebSocket: Recorded as unknown as typeof WebSocket,
      page: this.page,
      network: this.network,
      locks: null,
      indexedDB: null,
      visible: () => true,
      random: () => 0.5,
      ...overrides,
    });
  }
}
