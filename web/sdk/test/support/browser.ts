import type { Channel, Locks, Shelf } from "../../src/environment";

export class MapShelf implements Shelf {
  constructor(private items = new Map<string, string>()) {}
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
  copy(): MapShelf {
    return new MapShelf(new Map(this.items));
  }
}

interface Wish {
  name: string;
  granted: () => void;
}

/** Exclusive Web Locks of one browser, shared by the tabs of a test. */
export class FakeLocks implements Locks {
  private held = new Set<string>();
  private queue: Wish[] = [];

  request<T>(name: string, options: LockOptions, run: (lock: Lock | null) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const wish: Wish = {
        name,
        granted: () => {
          this.held.add(name);
          void run({ name, mode: "exclusive" })
            .then(resolve, reject)
            .finally(() => {
              this.held.delete(name);
              this.next();
            });
        },
      };
      options.signal?.addEventListener("abort", () => {
        if (!this.queue.includes(wish)) return;
        this.queue = this.queue.filter((other) => other !== wish);
        reject(new DOMException("timeout", "AbortError"));
      });
      this.queue.push(wish);
      this.next();
    });
  }

  query(): Promise<LockManagerSnapshot> {
    const held = [...this.held].map((name) => ({ name, mode: "exclusive" as const, clientId: "" }));
    return Promise.resolve({ held, pending: [] });
  }

  private next(): void {
    const at = this.queue.findIndex((wish) => !this.held.has(wish.name));
    const wish = this.queue[at];
    if (!wish) return;
    this.queue.splice(at, 1);
    wish.granted();
    this.next();
  }
}

/** Broadcast channels of one browser: what one tab says, the others hear a moment later. */
export class FakeChannels {
  private readonly open = new Set<FakeChannel>();

  readonly openChannel = (name: string): Channel => {
    const channel = new FakeChannel(name, this.open);
    this.open.add(channel);
    return channel;
  };
}

class FakeChannel implements Channel {
  onmessage: ((event: MessageEvent) => void) | null = null;

  constructor(
    private readonly name: string,
    private readonly open: Set<FakeChannel>,
  ) {}

  postMessage(message: unknown): void {
    const data = structuredClone(message);
    for (const other of this.open) {
      if (other === this || other.name !== this.name) continue;
      queueMicrotask(() => {
        if (this.open.has(other)) other.onmessage?.({ data } as MessageEvent);
      });
    }
  }

  close(): void {
    this.open.delete(this);
  }
}
