/**
 * The smallest observable that a view can be built on: a value, and who wants to hear of changes.
 *
 * Snapshots are immutable: a change is a new object, so `===` tells whether something changed.
 */
export type Stop = () => void;

export interface Readable<T> {
  get(): T;
  /** `listener` is called after each change, not at once; call the result to stop. */
  subscribe(listener: (value: T) => void): Stop;
}

export class Value<T> implements Readable<T> {
  private listeners = new Set<(value: T) => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  /** Tells the listeners, in the order they came, unless `value` is the one already held. */
  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) {
      if (this.listeners.has(listener)) listener(this.value);
    }
  }

  subscribe(listener: (value: T) => void): Stop {
    const own = (value: T): void => listener(value);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }
}

/** What `pick` makes of `source`, for as long as the source lives; `pick` must not depend on more. */
export function mapped<T, U>(source: Readable<T>, pick: (value: T) => U): Readable<U> {
  const made = new Value(pick(source.get()));
  source.subscribe((value) => made.set(pick(value)));
  return made;
}

/** Something that happens and is not kept: whoever listens later has missed it. */
export class Happening<T> {
  private listeners = new Set<(event: T) => void>();

  on(listener: (event: T) => void): Stop {
    const own = (event: T): void => listener(event);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  emit(event: T): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}
