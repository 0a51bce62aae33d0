import type { Act } from "./act";
import type { Channel, Environment } from "./environment";
import { Happening } from "./observable";

const NAME = "parlor";

/** What one tab tells the others of the same browser. */
export type Word =
  /** Made or changed here. */
  | { what: "act"; act: Act }
  /** Answered, taken back or replaced; `result` is null unless the server has given one. */
  | { what: "done"; act: Act; result: unknown }
  /** Dropped by the person. */
  | { what: "dropped"; act: Act };

/** The other tabs. What they say of another person is not heard. */
export class Siblings {
  readonly heard = new Happening<Word>();
  private readonly channel: Channel | null;

  constructor(
    environment: Environment,
    private readonly user: () => string,
  ) {
    this.channel = environment.openChannel(NAME);
    if (this.channel === null) return;
    this.channel.onmessage = ({ data }) => {
      const word = data as Word;
      if (word.act.user === this.user()) this.heard.emit(word);
    };
  }

  say(word: Word): void {
    this.channel?.postMessage(word);
  }

  close(): void {
    this.channel?.close();
  }
}
