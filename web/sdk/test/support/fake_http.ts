import { helloResult } from "./fake_socket";

interface Received {
  id: number;
  method: string;
  params: Record<string, unknown>;
}

interface Piece {
  number: number;
  messages: string[];
}

/** The server's side of links over HTTP, for one client, with everything that breaks on the way. */
export class FakeHttp {
  /** Nothing answers at all. */
  down = false;
  /** Something in between passes a response on only when it has ended. */
  holdsBack = false;
  /** The answer to so many of the next posts is lost, after the server took them. */
  losesAnswers = 0;
  answersHello = true;
  readonly received: Received[] = [];
  readonly requests: string[] = [];
  links = 0;
  private secret = "";
  private last = 0;
  private acknowledged = 0;
  private posts = 0;
  private kept: Piece[] = [];
  private reader: (() => void) | null = null;
  private cutters = new Set<() => void>();

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(input as string);
    this.requests.push(`${init?.method ?? "GET"} ${url.pathname}`);
    await Promise.resolve();
    if (this.down) throw new TypeError("Failed to fetch");
    if (url.pathname === "/healthz") return Response.json({ alive: true });
    if (url.pathname === "/http/connect") return this.connect(init?.body as string);
    const headers = init?.headers as Record<string, string>;
    if (this.secret === "" || headers["Authorization"] !== `Bearer ${this.secret}`) {
      return Response.json({ error: { code: "no_such_link", message: "" } }, { status: 404 });
    }
    if (url.pathname === "/http/close") {
      this.secret = "";
      return new Response(null, { status: 204 });
    }
    if (url.pathname === "/http/send") return this.take(url, init?.body as string);
    const has = Number(headers["Last-Event-ID"] ?? url.searchParams.get("ack"));
    this.acknowledge(has);
    return url.searchParams.has("poll") ? this.poll(init?.signal) : this.stream(has, init?.signal);
  };

  /** As a push or a reply: something new to read. */
  say(...messages: unknown[]): void {
    this.last += 1;
    this.kept.push({ number: this.last, messages: messages.map((message) => JSON.stringify(message)) });
    this.reader?.();
  }

  push(name: string, data: unknown): void {
    this.say({ push: name, data });
  }

  /** The last request of this method gets this answer. */
  answer(method: string, result: unknown): void {
    const asked = this.received.filter((request) => request.method === method).at(-1);
    if (!asked) throw new Error(`no ${method}`);
    this.say({ id: asked.id, result });
  }

  /** Every open response breaks off. */
  cut(): void {
    for (const cut of [...this.cutters]) cut();
  }

  /** The link is over; only the next request finds out. */
  forget(): void {
    this.secret = "";
    this.cut();
  }

  get unacknowledged(): number {
    return this.kept.length;
  }

  private connect(body: string): Response {
    this.links += 1;
    this.secret = `secret-${this.links}`;
    this.last = this.acknowledged = this.posts = 0;
    this.kept = [];
    const hello = JSON.parse(body) as Received;
    this.received.push(hello);
    this.last = 1;
    this.acknowledged = 1;
    const messages = this.answersHello ? [{ id: hello.id, result: helloResult() }] : [];
    return Response.json({ link: this.secret, poll_s: 25, comment_s: 15, upto: 1, messages });
  }

  private take(url: URL, body: string): Response {
    this.acknowledge(Number(url.searchParams.get("ack")));
    const number = Number(url.searchParams.get("n"));
    if (number > this.posts + 1) throw new Error("a gap in the posts");
    if (number === this.posts + 1) {
      this.posts = number;
      if (body !== "") this.received.push(...(JSON.parse(body) as Received[]));
    }
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      throw new TypeError("network error");
    }
    return new Response(null, { status: 204 });
  }

  private acknowledge(upto: number): void {
    if (upto > this.last || upto < this.acknowledged) throw new Error(`acknowledged ${upto}`);
    this.acknowledged = upto;
    this.kept = this.kept.filter((piece) => piece.number > upto);
  }

  private poll(signal: AbortSignal | null | undefined): Promise<Response> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.cutters.delete(cut);
        this.reader = null;
      };
      const cut = (): void => {
        settle();
        reject(new TypeError("network error"));
      };
      signal?.addEventListener("abort", cut);
      this.cutters.add(cut);
      this.reader = () => {
        settle();
        const messages = this.kept.flatMap((piece) => piece.messages).map((text) => JSON.parse(text) as unknown);
        resolve(Response.json({ upto: this.last, messages }));
      };
      if (this.kept.length > 0) this.reader();
    });
  }

  private stream(has: number, signal: AbortSignal | null | undefined): Response {
    let written = has;
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const write = (): void => {
          if (this.holdsBack) return;
          for (const { number, messages } of this.kept.filter((piece) => piece.number > written)) {
            const lines = messages.map((message) => `data: ${message}\n`).join("");
            const bytes = encoder.encode(`id: ${number}\n${lines}\n`);
            // In two pieces, so that nobody counts on getting whole events.
            const half = bytes.length >> 1;
            controller.enqueue(bytes.slice(0, half));
            controller.enqueue(bytes.slice(half));
            written = number;
          }
        };
        const cut = (): void => {
          this.cutters.delete(cut);
          if (this.reader === write) this.reader = null;
          controller.error(new TypeError("network error"));
        };
        signal?.addEventListener("abort", cut);
        this.cutters.add(cut);
        this.reader = write;
        if (!this.holdsBack) controller.enqueue(encoder.encode(":\n\n"));
        write();
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }
}
