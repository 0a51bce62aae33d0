/**
 * Everything the SDK takes from the browser, in one place, so that it also runs in node and in
 * tests. Timers and the clock are the global ones.
 */

export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The part of the Web Locks API that is used. */
export interface Locks {
  request<T>(name: string, options: LockOptions, run: (lock: Lock | null) => Promise<T>): Promise<T>;
  query(): Promise<LockManagerSnapshot>;
}

/** The part of the Broadcast Channel API that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface Environment {
  /** Scheme, host and port of the server, without a slash at the end. */
  baseUrl: string;
  WebSocket: typeof WebSocket;
  fetch: typeof fetch;
  /** Kept over visits, shared by tabs. */
  shelf: Shelf;
  /** Kept over reloads of this tab only. */
  tabShelf: Shelf;
  /** Null where there is none (plain HTTP on another host): then tabs do not know each other. */
  locks: Locks | null;
  indexedDB: IDBFactory | null;
  /** A way to the other tabs of this browser; null where there is none. */
  openChannel(name: string): Channel | null;
  /** Fires online, offline, pagehide, storage, visibilitychange (from the document). */
  page: EventTarget | null;
  visible(): boolean;
  random(): number;
  mediaDevices: MediaDevices | null;
  /** False where the browser keeps cameras from pages that are not https or localhost. */
  secure: boolean;
  RTCPeerConnection: typeof RTCPeerConnection | null;
  newStream(): MediaStream;
  /** This browser lets a page choose where sound comes out. */
  speakerChoice: boolean;
  /** Fires `change` when the way to the network changes. */
  network: EventTarget | null;
}

class MemoryShelf implements Shelf {
  private items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

/** Reading `window.localStorage` itself throws where storage is blocked. */
function shelf(open: () => Storage | undefined): Shelf {
  try {
    return open() ?? new MemoryShelf();
  } catch {
    return new MemoryShelf();
  }
}

/** One target for what browsers split between window and document. */
function pageEvents(): EventTarget | null {
  if (typeof window === "undefined" || typeof document === "undefined") return null;
  const target = new EventTarget();
  for (const name of ["online", "offline", "pagehide"]) {
    window.addEventListener(name, () => target.dispatchEvent(new Event(name)));
  }
  window.addEventListener("storage", () => target.dispatchEvent(new Event("storage")));
  document.addEventListener("visibilitychange", () => target.dispatchEvent(new Event("visibilitychange")));
  return target;
}

/** What this browser (or node) has; `overrides` wins. */
export function surroundings(overrides: Partial<Environment> = {}): Environment {
  const here = globalThis as Partial<typeof globalThis>;
  const navigator: (Partial<Navigator> & { connection?: EventTarget }) | undefined = here.navigator;
  return {
    baseUrl: here.location?.origin ?? "",
    WebSocket: here.WebSocket as typeof WebSocket,
    fetch: (input, init) => fetch(input, init),
    shelf: overrides.shelf ?? shelf(() => here.localStorage),
    tabShelf: overrides.tabShelf ?? shelf(() => here.sessionStorage),
    locks: navigator?.locks ?? null,
    indexedDB: here.indexedDB ?? null,
    // Node has channels too, but no tabs, and an open one keeps its process alive.
    openChannel: (name) => (here.document && here.BroadcastChannel ? new BroadcastChannel(name) : null),
    page: overrides.page ?? pageEvents(),
    visible: () => here.document?.visibilityState !== "hidden",
    random: Math.random,
    mediaDevices: navigator?.mediaDevices ?? null,
    secure: here.isSecureContext ?? true,
    RTCPeerConnection: here.RTCPeerConnection ?? null,
    newStream: () => new MediaStream(),
    speakerChoice: "setSinkId" in (here.HTMLMediaElement?.prototype ?? {}),
    network: navigator?.connection ?? null,
    ...overrides,
  };
}

/** A random UUID (RFC 9562 version 4), also where `crypto.randomUUID` is kept from plain HTTP. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
