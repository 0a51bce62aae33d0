/** What people do with messages that are there, and reading what has become of them. */
import { PATIENT, type Ask } from "./ask";
import { randomId } from "./environment";
import type {
  ForwardResult, HistoryResult, MessageReaders, MessageReadersResult, PinsResult, ReactionsResult,
} from "./protocol";
import type { Queue } from "./queue";

/**
 * Acts are queued: shown at once, done when there is a link, undone when refused (`queue.acts`
 * says why). Each returns its client_id. What is asked needs a link, and rejects with a ParlorError.
 */
export class Messages {
  constructor(
    private readonly queue: Queue,
    private readonly ask: Ask,
  ) {}

  /** One's own message says `text` from now on; what it said stays in its history. */
  edit(conversation_id: string, seq: number, text: string, mentions: readonly string[] = []): string {
    const client_id = randomId();
    const params = { conversation_id, seq, client_id, text, mentions: [...mentions] };
    return this.queue.add("message.edit", params, { lane: conversation_id, clientId: client_id });
  }

  /** Take it back for everybody: one's own for a while, as an administrator any. */
  recall(conversation_id: string, seq: number): string {
    const client_id = randomId();
    const params = { conversation_id, seq, client_id };
    return this.queue.add("message.recall", params, { lane: conversation_id, clientId: client_id });
  }

  /** Give one emoji, or with `off` take it back. */
  react(conversation_id: string, seq: number, emoji: string, off = false): string {
    const client_id = randomId();
    const params = { conversation_id, seq, client_id, emoji, off };
    return this.queue.add("message.react", params, { lane: conversation_id, clientId: client_id });
  }

  /** Put it where everybody finds it, or with `off` no longer. */
  pin(conversation_id: string, seq: number, off = false): string {
    const client_id = randomId();
    const params = { conversation_id, seq, client_id, off };
    return this.queue.add("message.pin", params, { lane: conversation_id, clientId: client_id });
  }

  /**
   * Say messages again elsewhere: one by one, or merged into one with `text`. Resolves when the
   * server has answered; `refused` tells for which conversations some are missing.
   */
  forward(
    conversation_id: string,
    seqs: readonly number[],
    to: readonly string[],
    how: { merged?: boolean; text?: string } = {},
  ): Promise<ForwardResult> {
    const client_id = randomId();
    const params = { conversation_id, seqs: [...seqs], to: [...to], client_id, ...how };
    return this.queue.do("message.forward", params, { lane: conversation_id, clientId: client_id });
  }

  /** The latest pin first; `before` is `next` of the page before. */
  pins(conversation_id: string, before: number | null = null): Promise<PinsResult> {
    return this.ask("message.pins", { conversation_id, before }, PATIENT);
  }

  /** What a message has said, the oldest first. */
  history(conversation_id: string, seq: number): Promise<HistoryResult> {
    return this.ask("message.history", { conversation_id, seq }, PATIENT);
  }

  /** Who reacted, with `emoji` or with anything; `after` is `next` of the page before. */
  reactions(conversation_id: string, seq: number, emoji = "", after = 0): Promise<ReactionsResult> {
    return this.ask("message.reactions", { conversation_id, seq, emoji, after }, PATIENT);
  }

  /** The seq of the first event from then on (Unix ms), for `store.loadUntil`. */
  async seqAt(conversation_id: string, at_ms: number): Promise<number> {
    return (await this.ask("events.at", { conversation_id, at_ms }, PATIENT)).seq;
  }

  /** Who has read one's message, and who has not. */
  readers(conversation_id: string, seq: number, page: Pick<MessageReaders, "cursor" | "limit"> = {}): Promise<MessageReadersResult> {
    return this.ask("message.readers", { conversation_id, seq, ...page }, PATIENT);
  }
}
