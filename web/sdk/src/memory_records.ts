import { keyOf, type Change, type Reading, type Records, type StoreName } from "./database";

/** Records for as long as the page lives. */
export class MemoryRecords implements Records {
  private readonly stores = new Map<StoreName, Map<string, object>>();

  async read(store: StoreName, { prefix = "", limit = Infinity }: Reading): Promise<object[]> {
    const found = this.keys(store, prefix).map((key) => this.of(store).get(key) as object);
    return found.slice(Math.max(0, found.length - limit));
  }

  async count(store: StoreName, prefix: string): Promise<number> {
    return this.keys(store, prefix).length;
  }

  async write(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.make(change);
  }

  close(): void {
    this.stores.clear();
  }

  private make(change: Change): void {
    const records = this.of(change.store);
    if ("delete" in change) return void records.delete(change.delete);
    if ("deleteAll" in change) {
      for (const key of this.keys(change.store, change.deleteAll)) records.delete(key);
      return;
    }
    if ("put" in change) return void records.set(keyOf(change.store, change.put), change.put);
    const made = change.make(records.get(change.key) as never);
    if (made !== null) records.set(change.key, made);
  }

  private of(store: StoreName): Map<string, object> {
    let records = this.stores.get(store);
    if (records === undefined) this.stores.set(store, (records = new Map()));
    return records;
  }

  private keys(store: StoreName, prefix: string): string[] {
    return [...this.of(store).keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
