/**
 * What outlives a page, in IndexedDB: records by string keys, in a handful of stores.
 *
 * Where there is no IndexedDB (private windows of some browsers, node), or it fails, everything
 * is kept in memory under the same rules: nothing here ever rejects.
 */
import { MemoryRecords } from "./memory_records";
import { KEYS, VERSION, upgrade } from "./schema";

export type StoreName = keyof typeof KEYS;

/** One change of one record, or of all whose keys begin alike. */
export type Change =
  | { store: StoreName; put: object }
  /** `make` is given the record that is there, and says what is to be there; null: no change. */
  | { store: StoreName; key: string; make: (there: never) => object | null }
  | { store: StoreName; delete: string }
  | { store: StoreName; deleteAll: string };

/** `limit`: so many of the last in key order, still in ascending order. */
export interface Reading {
  prefix?: string;
  limit?: number;
}

/** Where records are: IndexedDB or memory. */
export interface Records {
  read(store: StoreName, reading: Reading): Promise<object[]>;
  count(store: StoreName, prefix: string): Promise<number>;
  /** All of them or none, before any write that is asked for later. */
  write(changes: readonly Change[]): Promise<void>;
  close(): void;
}

const NAME = "parlor";

export class Database {
  private readonly opened: Promise<Records>;

  constructor(factory: IDBFactory | null) {
    const memory = new MemoryRecords();
    this.opened = factory ? open(factory).catch(() => memory) : Promise.resolve(memory);
  }

  /** In key order; what cannot be read is not there. */
  async read<T>(store: StoreName, reading: Reading = {}): Promise<T[]> {
    const records = await this.opened;
    return (await records.read(store, reading).catch(() => [])) as T[];
  }

  async count(store: StoreName, prefix: string): Promise<number> {
    const records = await this.opened;
    return records.count(store, prefix).catch(() => 0);
  }

  /**
   * All changes or none; resolves once they will survive the page. True when they do: a full disk
   * or a database that was removed leaves the page to live on without.
   */
  async write(changes: readonly Change[]): Promise<boolean> {
    if (changes.length === 0) return true;
    const records = await this.opened;
    return records.write(changes).then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    (await this.opened).close();
  }
}

class StoredRecords implements Records {
  constructor(private readonly database: IDBDatabase) {}

  async read(name: StoreName, { prefix = "", limit }: Reading): Promise<object[]> {
    const store = this.database.transaction(name).objectStore(name);
    if (limit === undefined) return settled<object[]>(store.getAll(beginningWith(prefix)));
    const found: object[] = [];
    const request = store.openCursor(beginningWith(prefix), "prev");
    return new Promise((resolve, reject) => {
      request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
      request.onsuccess = () => {
        const cursor = request.result;
        if (cursor === null || found.length === limit) return resolve(found.reverse());
        found.push(cursor.value as object);
        cursor.continue();
      };
    });
  }

  async count(name: StoreName, prefix: string): Promise<number> {
    return settled(this.database.transaction(name).objectStore(name).count(beginningWith(prefix)));
  }

  async write(changes: readonly Change[]): Promise<void> {
    const names = [...new Set(changes.map((change) => change.store))];
    const transaction = this.database.transaction(names, "readwrite");
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB"));
      // Without this an aborted transaction (a full disk) is reported as an uncaught error.
      transaction.onerror = (event) => event.preventDefault();
    });
    makeAll(changes, 0, transaction);
    return done;
  }

  close(): void {
    this.database.close();
  }
}

/** One after the other: what one makes, the next finds. */
function makeAll(changes: readonly Change[], from: number, transaction: IDBTransaction): void {
  for (let at = from; at < changes.length; at += 1) {
    const change = changes[at] as Change;
    const store = transaction.objectStore(change.store);
    if ("delete" in change) store.delete(change.delete);
    else if ("deleteAll" in change) store.delete(beginningWith(change.deleteAll));
    else if ("put" in change) store.put(change.put);
    else {
      const there = store.get(change.key);
      there.onsuccess = () => {
        const made = change.make(there.result as never);
        if (made !== null) store.put(made);
        makeAll(changes, at + 1, transaction);
      };
      return;
    }
  }
}

export function keyOf(store: StoreName, record: object): string {
  return (record as Record<string, string>)[KEYS[store]] ?? "";
}

function beginningWith(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, prefix + "\uffff");
}

function settled<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

function open(factory: IDBFactory): Promise<Records> {
  return new Promise((resolve, reject) => {
    const request = factory.open(NAME, VERSION);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (request.transaction) upgrade(request.result, request.transaction, oldVersion);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(new StoredRecords(request.result));
    };
    request.onerror = (event) => {
      event.preventDefault();
      reject(request.error ?? new Error("IndexedDB"));
    };
    request.onblocked = () => reject(new Error("IndexedDB is blocked"));
  });
}
