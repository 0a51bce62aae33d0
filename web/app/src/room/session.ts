/** Being in one chat room: from the moment its page opens until it is left, over all connections. */
import type { DeliveryPush, RoomPresencePush, RoomRules, Stop } from "@parlor/sdk";
import { useDocumentVisibility, useIntervalFn, useThrottleFn } from "@vueuse/core";
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";

import { RoomLines, type RoomLine } from "@/logic/room_lines";
import { parlor } from "@/sdk";

import { rememberRoom } from "./recent";

/** Where a room does not tell who comes and goes, one asks how many are there. */
const ASK_EACH_MS = 30_000;
const AGAIN_MS = 2_000;
/** Faster than this nobody reads, and drawing it costs a phone its battery. */
const DRAW_EACH_MS = 100;

export interface Here {
  count: number;
  /** People, each once; else connections, and not at every moment. */
  exact: boolean;
  /** Who it is, while they are few. */
  users: readonly string[];
}

export interface RoomSession {
  readonly status: Ref<"joining" | "in" | "refused">;
  /** Why one is not let in. */
  readonly refusal: ShallowRef<unknown>;
  readonly rules: ShallowRef<RoomRules | null>;
  readonly here: ShallowRef<Here | null>;
  readonly lines: ShallowRef<readonly RoomLine[]>;
  /** Messages below that were not in sight yet. */
  readonly fresh: Ref<number>;
  /** The newest message is in sight; whoever scrolls says so. */
  readonly atEnd: Ref<boolean>;
  join(): Promise<void>;
  /** Ask anew what may be done here, and how many are. */
  look(): Promise<void>;
}

/** For the scope of a component, which is made anew for another room. */
export function useRoom(room: string): RoomSession {
  const held = new RoomLines();
  const status = ref<"joining" | "in" | "refused">("joining");
  const refusal = shallowRef<unknown>(null);
  const rules = shallowRef<RoomRules | null>(null);
  const here = shallowRef<Here | null>(null);
  const lines = shallowRef<readonly RoomLine[]>([]);
  const fresh = ref(0);
  const atEnd = ref(true);
  let stop: Stop | null = null;
  let asked = false;
  let left = false;
  let frame = 0;

  function turn(): void {
    frame = 0;
    held.turn(atEnd.value);
    lines.value = held.shown;
    fresh.value = held.fresh;
  }

  /** However many come at a time, they are drawn once, with a picture of the screen. */
  const draw = useThrottleFn(() => void (frame ||= left ? 0 : requestAnimationFrame(turn)), DRAW_EACH_MS, true);

  function gap(): void {
    held.gap();
    void draw();
  }

  function message({ push_id, sender = "", body, body_base64 = "", priority }: DeliveryPush): void {
    // What is no text was not written for people, and whom one has blocked one does not hear.
    if (body_base64 !== "" || body.trim() === "" || parlor.people.blocked.get().has(sender)) return;
    held.said({ key: push_id, sender, text: body, high: priority === "high" });
    void draw();
  }

  function presence({ named, users, online }: RoomPresencePush): void {
    here.value = { count: named ? users.length : online, exact: named, users: named ? users : [] };
  }

  async function look(): Promise<void> {
    const found = await parlor.rooms.get(room).catch(() => null);
    if (left) return;
    if (found === null) {
      // Without a link, the next one asks.
      if (rules.value === null && parlor.link.online) setTimeout(() => !left && void look(), AGAIN_MS);
      return;
    }
    rules.value = found.rules;
    presence({ ...found, named: found.users.length > 0, joined: [], left: [] });
  }

  async function join(): Promise<void> {
    if (asked || !parlor.link.online) return;
    asked = true;
    status.value = "joining";
    try {
      stop = await parlor.rooms.join(room, { message, presence, gap }, { tail: true });
    } catch (error) {
      asked = false;
      refusal.value = error;
      status.value = "refused";
      return;
    }
    if (left) return stop();
    status.value = "in";
    rememberRoom(room);
    await look();
  }

  const unlink = parlor.link.state.subscribe(({ status: link }) => {
    if (link === "online" && status.value !== "refused") void (asked ? look() : join());
  });
  // What was dropped because this page did not read in time is not told room by room.
  const unmiss = parlor.link.missed.subscribe(gap);
  const visible = useDocumentVisibility();
  useIntervalFn(() => {
    if (visible.value === "visible" && parlor.link.online && rules.value?.presence === false) void look();
  }, ASK_EACH_MS);
  watch(atEnd, () => void draw());
  onScopeDispose(() => {
    left = true;
    unlink();
    unmiss();
    cancelAnimationFrame(frame);
    stop?.();
  });
  void join();
  return { status, refusal, rules, here, lines, fresh, atEnd, join, look };
}
