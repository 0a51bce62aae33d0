import type { Act } from "./act";
import type { OutgoingByConversation, OutgoingMessage } from "./outbox";
import type { Rows } from "./rows";
import { Thread } from "./thread";

export type ActsByConversation = ReadonlyMap<string, readonly Act[]>;

const NONE: readonly never[] = [];

/** The threads that anybody has looked at, each with its row and what is on its way there. */
export class Threads {
  private readonly threads = new Map<string, Thread>();
  private outgoing: OutgoingByConversation = new Map();
  private acts: ActsByConversation = new Map();

  constructor(
    private readonly rows: Rows,
    private readonly make: (id: string) => Thread,
  ) {}

  /** Those that are there already. */
  get(id: string): Thread | undefined {
    return this.threads.get(id);
  }

  get all(): readonly Thread[] {
    return [...this.threads.values()];
  }

  /** The same one for the same id. */
  of(id: string): Thread {
    let thread = this.threads.get(id);
    if (thread === undefined) {
      this.threads.set(id, (thread = this.make(id)));
      thread.setRow(this.rows.shown(id) ?? null);
      thread.setOutgoing(this.outgoing.get(id) ?? NONE);
      thread.setActs(this.acts.get(id) ?? NONE);
    }
    return thread;
  }

  setOutgoing(outgoing: OutgoingByConversation): void {
    const changed = whereDifferent<OutgoingMessage>(this.outgoing, outgoing);
    this.outgoing = outgoing;
    for (const [id, messages] of changed) this.threads.get(id)?.setOutgoing(messages);
  }

  setActs(acts: ActsByConversation): void {
    const changed = whereDifferent<Act>(this.acts, acts);
    this.acts = acts;
    for (const [id, its] of changed) this.threads.get(id)?.setActs(its);
  }

  rowsChanged(): void {
    for (const [id, thread] of this.threads) thread.setRow(this.rows.shown(id) ?? null);
  }

  reset(): void {
    for (const [id, thread] of this.threads) {
      thread.reset();
      thread.setOutgoing(this.outgoing.get(id) ?? NONE);
    }
  }
}

/** Acts about a conversation, messages aside; `before`, and its arrays, where nothing changed. */
export function byConversation(acts: readonly Act[], before: ActsByConversation): ActsByConversation {
  const groups = new Map<string, readonly Act[]>();
  for (const act of acts) {
    const id = (act.params as { conversation_id?: string }).conversation_id;
    if (id !== undefined && act.method !== "message.send") groups.set(id, [...(groups.get(id) ?? []), act]);
  }
  for (const [id, its] of groups) {
    const last = before.get(id);
    if (last?.length === its.length && its.every((act, at) => act === last[at])) groups.set(id, last);
  }
  const same = groups.size === before.size && [...groups].every(([id, its]) => before.get(id) === its);
  return same ? before : groups;
}

function whereDifferent<T>(
  before: ReadonlyMap<string, readonly T[]>,
  after: ReadonlyMap<string, readonly T[]>,
): [string, readonly T[]][] {
  const ids = [...new Set([...before.keys(), ...after.keys()])];
  return ids.filter((id) => before.get(id) !== after.get(id)).map((id) => [id, after.get(id) ?? NONE]);
}
