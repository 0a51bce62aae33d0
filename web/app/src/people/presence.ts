/** How people are there whom the screen shows: one list for the server, whoever asks. */
import type { Presence } from "@parlor/sdk";
import { computed, onScopeDispose, watch, type ComputedRef } from "vue";

import { parlor, useReadable } from "@/sdk";

/** The server takes no more; the latest that came on screen count. */
const MOST_WATCHED = 200;
/** A list that is scrolled asks when it comes to rest. */
const REST_MS = 250;

const wanted = new Map<string, number>();
let timer: ReturnType<typeof setTimeout> | undefined;
let stop: (() => void) | undefined;

function tellLater(): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    const before = stop;
    stop = parlor.presence.watch([...wanted.keys()].slice(-MOST_WATCHED));
    before?.();
  }, REST_MS);
}

function want(id: string): () => void {
  wanted.set(id, (wanted.get(id) ?? 0) + 1);
  tellLater();
  return () => {
    const left = (wanted.get(id) ?? 1) - 1;
    if (left > 0) wanted.set(id, left);
    else wanted.delete(id);
    tellLater();
  };
}

/** How `id()` is there while the component is; undefined when that is not known, or nobody is asked for. */
export function usePresence(id: () => string | null | undefined): ComputedRef<Presence | undefined> {
  const known = useReadable(parlor.presence.known);
  let done: (() => void) | undefined;
  watch(
    id,
    (now) => {
      done?.();
      done = now ? want(now) : undefined;
    },
    { immediate: true },
  );
  onScopeDispose(() => done?.());
  return computed(() => known.value.get(id() ?? ""));
}
