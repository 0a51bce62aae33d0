import type { Ask } from "./ask";
import { randomId } from "./environment";
import { Value, type Readable } from "./observable";
import { asParams, type NewMessage } from "./outbox";
import type { Scheduled, SchedulePush } from "./protocol";
import type { Queue } from "./queue";

/** One's own messages that wait for their time, on the server. */
export class Schedule {
  private readonly shown = new Value<readonly Scheduled[]>([]);

  constructor(
    private readonly queue: Queue,
    private readonly ask: Ask,
  ) {}

  /** The soonest first, once `load` has been called; one that was `refused` waits to be cancelled. */
  get waiting(): Readable<readonly Scheduled[]> {
    return this.shown;
  }

  /** All of them. Needs a link. */
  async load(): Promise<void> {
    const all: Scheduled[] = [];
    let cursor = "";
    do {
      const page = await this.ask("schedule.list", { cursor });
      all.push(...page.scheduled);
      cursor = page.cursor;
    } while (cursor !== "");
    this.shown.set(all);
  }

  /** Send it at `atMs` (Unix ms). Resolves when the server has it. */
  async put(message: NewMessage, atMs: number, clientId = randomId()): Promise<Scheduled> {
    const params = { ...asParams(message), client_id: clientId, at_ms: atMs };
    const lane = `schedule/${clientId}`;
    const { scheduled } = await this.queue.do("schedule.put", params, { lane, clientId });
    this.take({ client_id: clientId, scheduled });
    return scheduled;
  }

  /** False when it is not there any more, sent perhaps. */
  async cancel(clientId: string): Promise<boolean> {
    const { cancelled } = await this.ask("schedule.cancel", { client_id: clientId });
    this.take({ client_id: clientId, scheduled: null });
    return cancelled;
  }

  // What follows is called by the client that owns it, not by apps.

  take({ client_id, scheduled }: SchedulePush): void {
    const others = this.shown.get().filter((one) => one.client_id !== client_id);
    const all = scheduled === null ? others : [...others, scheduled];
    this.shown.set(all.sort((one, other) => one.at_ms - other.at_ms));
  }

  clear(): void {
    this.shown.set([]);
  }
}
