/** People found while somebody types: asked for a little later, and only the newest answer counts. */
import type { User } from "@parlor/sdk";
import { watchDebounced } from "@vueuse/core";
import { ref, shallowRef, watch, type Ref } from "vue";

import { sayProblem } from "@/logic/problems";
import { parlor } from "@/sdk";

const PAUSE_MS = 180;

/** `immediate`: what is in `query` already is asked for, too. */
export function usePeopleSearch(query: Ref<string>, { immediate = false } = {}) {
  const found = shallowRef<readonly User[]>([]);
  const cursor = ref("");
  const state = ref<"idle" | "asking" | "done" | "failed">("idle");
  const problem = ref("");
  let asked = 0;

  async function ask(from = ""): Promise<void> {
    const mine = ++asked;
    const words = query.value.trim();
    if (words === "") return;
    state.value = "asking";
    try {
      const page = await parlor.store.findUsers(words, from);
      if (mine !== asked) return;
      found.value = from === "" ? page.users : [...found.value, ...page.users];
      cursor.value = page.cursor;
      state.value = "done";
    } catch (refused) {
      if (mine !== asked) return;
      problem.value = sayProblem(refused);
      state.value = "failed";
    }
  }

  watch(query, (words) => {
    asked++;
    if (words.trim() !== "") {
      state.value = "asking";
      return;
    }
    found.value = [];
    state.value = "idle";
  }, { immediate });
  watchDebounced(query, () => ask(), { debounce: PAUSE_MS, immediate });

  return { found, cursor, state, problem, again: () => ask(), more: () => ask(cursor.value) };
}
