/**
 * Which deliveries were had already, and what is acknowledged. A must-arrive push comes again
 * after a lost acknowledgement, a durable one after a crash of the server: doubles end here.
 */
import { Value, type Readable } from "./observable";
import type { DeliveryPush } from "./protocol";

const REMEMBERED = 1_000;
const ACK_EACH_MS = 100;

export class Received {
  private readonly ids = new Set<string>();
  private readonly missedSoFar = new Value(0);
  private highest = 0;
  private epoch = "";
  private ackedAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `acknowledge` may fail: what is not acknowledged comes again after the next hello. */
  constructor(private readonly acknowledge: (upto: number) => Promise<unknown>) {}

  /** How many lossy pushes the server dropped, because they were not read in time. */
  get missed(): Readable<number> {
    return this.missedSoFar;
  }

  /** Whether to hand it out; false for one that was handed out before. */
  take({ push_id, room, mail = 0, missed = 0 }: DeliveryPush): boolean {
    if (missed > 0) this.missedSoFar.set(this.missedSoFar.get() + missed);
    // A push into several rooms comes once for each of them.
    const name = `${push_id} ${room ?? ""}`;
    const isDouble = this.ids.has(name) || (mail > 0 && mail <= this.highest);
    if (push_id !== "") {
      this.ids.delete(name);
      this.ids.add(name);
      if (this.ids.size > REMEMBERED) this.ids.delete(this.ids.values().next().value as string);
    }
    if (mail > this.highest) this.highest = mail;
    if (mail > 0) this.acknowledgeSoon();
    return !isDouble;
  }

  /**
   * The answer to hello. With another database behind the server, numbers begin anew: those of
   * the old one would make doubles of new mail.
   */
  onHello(epoch: string): void {
    if (this.epoch !== "" && this.epoch !== epoch) {
      this.pause();
      this.highest = 0;
    }
    this.epoch = epoch;
  }

  /** The connection is gone: what it has is acknowledged when it comes again. */
  pause(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Somebody else signs in. */
  forget(): void {
    this.pause();
    this.ids.clear();
    this.highest = 0;
  }

  /** At the end of this turn, and not sooner than 100 ms after the last. */
  private acknowledgeSoon(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.ackedAt + ACK_EACH_MS - Date.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.ackedAt = Date.now();
      this.acknowledge(this.highest).catch(() => undefined);
    }, wait);
  }
}
