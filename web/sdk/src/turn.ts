import type { Locks } from "./environment";

/**
 * Whose turn it is: of all tabs of one person in this browser, one. Held until given up or until
 * the page is gone, however it goes; then it is the next one's.
 */
export class Turn {
  private letGo: AbortController | null = null;
  private mine = false;

  constructor(
    private readonly locks: Locks | null,
    /** It is this tab's turn from now on. */
    private readonly taken: () => void,
  ) {}

  get held(): boolean {
    return this.mine;
  }

  /** Tabs that cannot know of each other each have their turn. */
  get exclusive(): boolean {
    return this.locks !== null;
  }

  wait(name: string): void {
    this.giveUp();
    const letGo = (this.letGo = new AbortController());
    const { signal } = letGo;
    const hold = (): Promise<void> => {
      if (signal.aborted) return Promise.resolve();
      this.mine = true;
      this.taken();
      return new Promise((done) => signal.addEventListener("abort", () => done()));
    };
    if (this.locks === null) void hold();
    else this.locks.request(name, { signal }, hold).catch(() => undefined); // given up while waiting
  }

  giveUp(): void {
    this.letGo?.abort();
    this.letGo = null;
    this.mine = false;
  }
}
