import type { Act } from "./act";
import { pendingStates } from "./applying/pending";
import { applyToState, newerState } from "./applying/to_state";
import type { Event, MessageState } from "./protocol";

/** By seq; messages that nothing has happened to have none. */
export type States = ReadonlyMap<number, MessageState>;

/**
 * How the messages of one conversation stand: as the server said, with the events since, and with
 * what acts that are not answered will do. States and events may come in any order; an older one
 * than is here changes nothing.
 */
export class MessageStates {
  private states = new Map<number, MessageState>();
  private acts: readonly Act[] = [];
  private made: States | null = null;
  private last: States = new Map();

  constructor(private readonly me: () => string) {}

  /** A new map after each change. */
  get shown(): States {
    if (this.made === null) {
      this.made = pendingStates(this.states, this.acts, this.me());
      // `states` itself goes on changing.
      this.last = this.made === this.states ? new Map(this.states) : this.made;
    }
    return this.last;
  }

  take(states: readonly MessageState[]): void {
    for (const state of states) this.put(newerState(this.states.get(state.seq), state));
  }

  /** An event in its turn: all before it that are in the window came before. */
  apply(event: Event): void {
    const state = applyToState(this.states.get(event.target ?? 0), event, this.me());
    if (state !== undefined) this.put(state);
  }

  setActs(acts: readonly Act[]): void {
    if (acts === this.acts) return;
    this.acts = acts;
    this.made = null;
  }

  clear(): void {
    this.states.clear();
    this.made = null;
  }

  private put(state: MessageState): void {
    if (this.states.get(state.seq) === state) return;
    this.states.set(state.seq, state);
    this.made = null;
  }
}
