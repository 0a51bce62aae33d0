/**
 * The two tables that outlive a page, in IndexedDB. Where there is none (private windows of some
 * browsers, node) or it fails, they are kept in memory: nothing here ever rejects.
 */
const NAME = "parlor";
const VERSION = 1;
const KEYS = { outgoing: "client_id", drafts: "key" } as const;

export interface Table<T> {
  all(): Promise<T[]>;
  /** Written in the order of the calls; nobody has to wait for it. */
  put(record: T): void;
  delete(key: string): void;
}

export class Database {
  private readonly opened: Promise<IDBDatabase | null>;

  constructor(factory: IDBFactory | null) {
    this.opened = factory ? open(factory).catch(() => null) : Promise.resolve(null);
  }

  table<T extends object>(name: keyof typeof KEYS): Table<T> {
    return new StoredTable<T>(this.opened, name);
  }

  async close(): Promise<void> {
    (await this.opened)?.close();
  }
}

class StoredTable<T extends object> implements Table<T> {
  private memory = new Map<string, T>();

  constructor(
    private readonly opened: Promise<IDBDatabase | null>,
    private readonly name: keyof typeof KEYS,
  ) {}

  async all(): Promise<T[]> {
    const database = await this.opened;
    if (database === null) return [...this.memory.values()];
    try {
      return await new Promise<T[]>((resolve, reject) => {
        const request = database.transaction(this.name).objectStore(this.name).getAll();
        request.onsuccess = () => resolve(request.result as T[]);
        request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
      });
    } catch {
      return [];
    }
  }

  put(record: T): void {
    const key = (record as Record<string, string>)[KEYS[this.name]] ?? "";
    this.change(
      (store) => store.put(record),
      () => this.memory.set(key, record),
    );
  }

  delete(key: string): void {
    this.change(
      (store) => store.delete(key),
      () => this.memory.delete(key),
    );
  }

  private change(stored: (store: IDBObjectStore) => unknown, remembered: () => unknown): void {
    void this.opened.then((database) => {
      if (database === null) return void remembered();
      try {
        const transaction = database.transaction(this.name, "readwrite");
        // Without this an aborted transaction (a full disk) is reported as an uncaught error.
        transaction.onerror = (event) => event.preventDefault();
        stored(transaction.objectStore(this.name));
      } catch {
        // The database was closed under us (its files were removed): the page lives on without.
      }
    });
  }
}

function open(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(KEYS)) {
        request.result.createObjectStore(name, { keyPath });
      }
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = (event) => {
      event.preventDefault();
      reject(request.error ?? new Error("IndexedDB"));
    };
    request.onblocked = () => reject(new Error("IndexedDB is blocked"));
  });
}
