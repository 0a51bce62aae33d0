/**
 * How a link that was let in stays and comes back: the ticket for the next hello, and another
 * token before the server closes because this one has expired.
 */
import type { Environment } from "./environment";
import type { TokenSource } from "./link";
import type { TokenResult } from "./protocol";

const RENEW_AHEAD_MS = 120_000;
/** What a browser's timer can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The link as far as this needs it. */
export interface Stay {
  /** What carries the link now; null while nobody is greeted. */
  carrier(): object | null;
  serverNow(): number;
  /** Tell the server of a newer token. */
  show(token: string): Promise<TokenResult>;
}

export class Staying {
  /** What the last hello or renewal gave to come back with. In memory only: a page that is loaded
   * again has its token. */
  ticket = "";
  /** The token of this connection: another tab may have renewed the kept one since. */
  private shown = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly environment: Environment,
    private readonly tokens: TokenSource,
    private readonly link: Stay,
  ) {}

  /** A hello with `token` is about to be answered with what `rely` is given. */
  onShown(token: string): void {
    this.shown = token;
  }

  /** Keep what brings us back, and get another token in time: at the end the server closes. */
  rely({ resume, token_expires_at }: TokenResult): void {
    this.ticket = resume;
    this.pause();
    if (token_expires_at === 0) return;
    const leftMs = Math.max(0, token_expires_at - this.link.serverNow());
    const aheadMs = Math.min(RENEW_AHEAD_MS, leftMs / 2) * (0.5 + 0.5 * this.environment.random());
    this.timer = setTimeout(() => void this.renew(), Math.min(leftMs - aheadMs, LONGEST_TIMER_MS));
  }

  /** The connection is gone; the ticket is for the next. */
  pause(): void {
    clearTimeout(this.timer);
  }

  /** The ticket was refused, or somebody else signs in. */
  forget(): void {
    this.ticket = "";
  }

  /** When this fails, the server's close leads to the same renewal, without the link. */
  private async renew(): Promise<void> {
    const carrier = this.link.carrier();
    if (this.tokens.kept()?.token === this.shown) await this.tokens.renew(this.shown);
    const token = this.tokens.kept()?.token;
    if (token === undefined || token === this.shown) return;
    if (carrier === null || this.link.carrier() !== carrier) return;
    try {
      const renewed = await this.link.show(token);
      if (this.link.carrier() !== carrier) return;
      this.shown = token;
      this.rely(renewed);
    } catch {
      return;
    }
  }
}
