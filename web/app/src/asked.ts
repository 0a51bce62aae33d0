/** Something the server is asked for while a component is there: loading, here, or why not; asked again when a link is back. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";

import { sayProblem } from "./logic/problems";
import { parlor, useReadable } from "./sdk";

export interface Asked<T> {
  value: ShallowRef<T | null>;
  state: Ref<"loading" | "ready" | "failed">;
  problem: Ref<string>;
  again: () => Promise<void>;
}

export function useAsked<T>(ask: () => Promise<T>): Asked<T> {
  const value: ShallowRef<T | null> = shallowRef(null);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const problem = ref("");
  const link = useReadable(parlor.link.state);
  let asked = 0;
  onScopeDispose(() => (asked += 1));

  async function again(): Promise<void> {
    const mine = ++asked;
    if (value.value === null) state.value = "loading";
    try {
      const found = await ask();
      if (mine !== asked) return;
      value.value = found;
      state.value = "ready";
    } catch (refused) {
      if (mine !== asked) return;
      problem.value = sayProblem(refused);
      state.value = "failed";
    }
  }

  void again();
  watch(
    () => link.value.status,
    (status) => {
      if (status === "online" && state.value !== "ready") void again();
    },
  );
  return { value, state, problem, again };
}
