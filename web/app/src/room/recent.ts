/** The rooms that somebody was in, newest first. Kept in this browser until they sign out. */
import { ref, type Ref } from "vue";

import { parlor } from "@/sdk";

const KEY = "parlor.rooms";
const MOST = 10;

interface Kept {
  user: string;
  rooms: string[];
}

export const recentRooms: Ref<readonly string[]> = ref([]);

/** Call once, whatever pages are opened: the next person at this browser finds nothing. */
export function forgetRoomsOnSignOut(): void {
  parlor.session.subscribe((session) => {
    if (session.status === "signed_out" && session.reason !== "expired") keep([]);
  });
}

/** Call before showing `recentRooms`: somebody else may have signed in. */
export function recallRooms(): void {
  recentRooms.value = kept();
}

export function rememberRoom(room: string): void {
  keep([room, ...kept().filter((one) => one !== room)].slice(0, MOST));
}

export function forgetRoom(room: string): void {
  keep(kept().filter((one) => one !== room));
}

function kept(): string[] {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Kept> | null;
    if (found === null || found.user !== me() || !Array.isArray(found.rooms)) return [];
    return found.rooms.filter((room) => typeof room === "string");
  } catch {
    return [];
  }
}

function keep(rooms: string[]): void {
  recentRooms.value = rooms;
  try {
    if (rooms.length === 0) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify({ user: me(), rooms } satisfies Kept));
  } catch {
    // Storage may be full or forbidden: the list holds for this visit.
  }
}

function me(): string {
  const session = parlor.session.get();
  return session.status === "signed_in" ? session.user.id : "";
}
