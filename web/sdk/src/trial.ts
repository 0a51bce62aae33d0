/**
 * Beside a line over HTTP: now and then, a try whether a WebSocket gets through by now.
 *
 * The new line is greeted before the old one is let go, so nobody sees the change, and a network
 * that lets upgrades through but no frames does no harm.
 */
import type { Environment } from "./environment";
import type { HelloResult } from "./protocol";
import type { Line } from "./transports/line";
import { WebSocketLine } from "./transports/websocket";
import type { Ways } from "./ways";

/** A server that is there answers an upgrade in no time; what swallows it never does. */
export const UPGRADE_LIMIT_MS = 6_000;

/** The link, as a line sees it that may become its own. */
export interface Host {
  greet(line: Line, greeted: (hello: HelloResult) => void): void;
  hear(line: Line, text: string): void;
  closed(line: Line, code: number, reason: string): void;
  /** From now on this line is the link's. */
  change(line: Line, hello: HelloResult): void;
}

export class Trial {
  private line: Line | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly environment: Environment,
    private readonly ways: Ways,
    private readonly host: Host,
  ) {}

  /** The next try, after a pause that grows; one that is on its way is given up. */
  schedule(): void {
    this.stop();
    this.timer = setTimeout(() => this.begin(), this.ways.tryAgainMs(this.environment.random()));
  }

  stop(): void {
    clearTimeout(this.timer);
    this.line?.close();
    this.line = null;
  }

  private begin(): void {
    let line: Line;
    try {
      line = new WebSocketLine(this.environment, {
        onOpen: () => this.host.greet(line, (hello) => this.succeed(line, hello)),
        onText: (text) => this.host.hear(line, text),
        onClose: (code, reason) => {
          if (this.line === line) this.schedule();
          else this.host.closed(line, code, reason);
        },
      });
    } catch {
      return this.schedule();
    }
    this.line = line;
    this.timer = setTimeout(() => this.schedule(), UPGRADE_LIMIT_MS);
  }

  private succeed(line: Line, hello: HelloResult): void {
    if (this.line !== line) return;
    this.line = null;
    clearTimeout(this.timer);
    this.host.change(line, hello);
  }
}
