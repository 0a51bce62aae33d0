/**
 * Push rooms over all connections: which ones are wanted, how far each was heard, and saying
 * something in them. Rooms that keep messages are filled after a loss; what cannot be filled is
 * told as a gap.
 */
import { randomId } from "./environment";
import type { Link } from "./link";
import { Happening, type Stop } from "./observable";
import type {
  DeliveryPush, Hello, Position, Priority, RoomGetResult, RoomListResult, RoomPresencePush, RoomPublishResult, RoomState,
} from "./protocol";

export interface RoomListener {
  /** A message, in order and once; `missed` ones come as in every delivery. */
  message?(delivery: DeliveryPush): void;
  /** Who is there, in rooms that tell. */
  presence?(event: RoomPresencePush): void;
  /** Something was lost, or may have been, that the room does not keep any more, or never did. */
  gap?(): void;
}

interface Followed {
  position: Position | null;
  listeners: Set<RoomListener>;
  /** We were in it before, if only on a connection that is gone. */
  joined: boolean;
}

export class Rooms {
  private readonly followed = new Map<string, Followed>();
  /** What was asked for by the hello on its way. */
  private asked: Readonly<Record<string, Position>> = {};
  /** Every delivery that came through a room, for views of many rooms. */
  readonly deliveries = new Happening<DeliveryPush>();

  constructor(private readonly link: Link) {
    link.following = () => this.wanted();
    link.greeted.on((hello) => {
      // A server that knows nothing of positions tells no states.
      for (const state of hello.room_states ?? []) this.onJoined(state, this.asked[state.room] ?? null);
    });
    link.onPush("delivery", (delivery) => this.onDelivery(delivery));
    link.onPush("room.presence", (event) => {
      this.each(event.room, (listener) => listener.presence?.(event));
    });
    link.ended.on(() => this.followed.clear());
  }

  /**
   * Listen to `room`, now and after every loss, until the result is called. Rejects with what the
   * server says when it does not let us in; offline, the next hello joins.
   */
  async join(room: string, listener: RoomListener, options: { tail?: boolean } = {}): Promise<Stop> {
    const followed = this.followed.get(room) ?? { position: null, listeners: new Set(), joined: false };
    const isNew = followed.listeners.size === 0;
    followed.listeners.add(listener);
    this.followed.set(room, followed);
    const stop = (): void => this.forget(room, listener);
    if (!isNew || !this.link.online) return stop;
    try {
      const since = followed.position;
      const joined = await this.link.request("room.join", { room, since, tail: options.tail ?? false });
      this.onJoined(joined, since);
    } catch (error) {
      // A link that broke meanwhile joins again by itself.
      if ((error as { code?: string }).code === "offline") return stop;
      stop();
      throw error;
    }
    return stop;
  }

  /** What one may do in `room`, and how many are there. */
  get(room: string): Promise<RoomGetResult> {
    return this.link.request("room.get", { room });
  }

  /** Rooms that are listed and have somebody in them, fullest first. */
  list(): Promise<RoomListResult> {
    return this.link.request("room.list", {});
  }

  /** Say something in a room that one is in; the same `clientId` again says it no second time. */
  publish(
    room: string,
    body: string,
    options: { clientId?: string; priority?: Priority } = {},
  ): Promise<RoomPublishResult> {
    const client_id = options.clientId ?? randomId();
    return this.link.request("room.publish", { room, body, client_id, priority: options.priority ?? "normal" });
  }

  /** The last position heard of a room that keeps messages. */
  position(room: string): Position | null {
    return this.followed.get(room)?.position ?? null;
  }

  private wanted(): Pick<Hello, "rooms" | "since"> {
    const since: Record<string, Position> = {};
    for (const [room, { position }] of this.followed) {
      if (position !== null) since[room] = position;
    }
    this.asked = since;
    return { rooms: [...this.followed.keys()], since };
  }

  private onJoined(state: RoomState, asked: Position | null): void {
    const followed = this.followed.get(state.room);
    if (followed === undefined) return;
    const again = followed.joined;
    followed.joined = true;
    if (state.recovered) return;
    // What was delivered since the question is further than the answer.
    if (followed.position === asked) followed.position = state.position;
    if (again || asked !== null) this.each(state.room, (listener) => listener.gap?.());
  }

  private onDelivery(delivery: DeliveryPush): void {
    if (delivery.room === null) return;
    const followed = this.followed.get(delivery.room);
    if (followed !== undefined && delivery.epoch) {
      followed.position = { epoch: delivery.epoch, offset: delivery.offset ?? 0 };
    }
    this.deliveries.emit(delivery);
    this.each(delivery.room, (listener) => listener.message?.(delivery));
  }

  private each(room: string, tell: (listener: RoomListener) => void): void {
    for (const listener of [...(this.followed.get(room)?.listeners ?? [])]) tell(listener);
  }

  private forget(room: string, listener: RoomListener): void {
    const followed = this.followed.get(room);
    if (followed === undefined || !followed.listeners.delete(listener)) return;
    if (followed.listeners.size > 0) return;
    this.followed.delete(room);
    // Offline there is nothing to leave: the next hello does not join.
    if (this.link.online) this.link.request("room.leave", { room }).catch(() => undefined);
  }
}
