/** Messages found while somebody types: asked for a little later, and only the newest answer counts. */
import type { Hit, MessageSearch } from "@parlor/sdk";
import { watchDebounced } from "@vueuse/core";
import { computed, ref, shallowRef, watch } from "vue";

import { sayProblem } from "@/logic/problems";
import { parlor, useReadable } from "@/sdk";

const PAUSE_MS = 250;

/** `wanted` says what to look for; null: nothing for now. */
export function useMessageSearch(wanted: () => MessageSearch | null) {
  const hits = shallowRef<readonly Hit[]>([]);
  const cursor = ref("");
  const state = ref<"idle" | "asking" | "done" | "failed">("idle");
  const problem = ref("");
  /** Watched as text: another object that asks for the same is nothing new. */
  const question = computed(() => JSON.stringify(wanted()));
  const link = useReadable(parlor.link.state);
  let asked = 0;

  async function ask(from = ""): Promise<void> {
    const mine = ++asked;
    const params = JSON.parse(question.value) as MessageSearch | null;
    if (params === null) return;
    state.value = "asking";
    try {
      const page = await parlor.search.messages({ ...params, cursor: from });
      if (mine !== asked) return;
      hits.value = from === "" ? page.hits : [...hits.value, ...page.hits];
      cursor.value = page.cursor;
      state.value = "done";
    } catch (refused) {
      if (mine !== asked) return;
      problem.value = sayProblem(refused);
      state.value = "failed";
    }
  }

  watch(question, (now) => {
    asked++;
    hits.value = [];
    cursor.value = "";
    state.value = now === "null" ? "idle" : "asking";
  }, { immediate: true });
  watch(() => link.value.status === "online", (online) => online && state.value === "failed" && void ask(cursor.value));
  watchDebounced(question, () => ask(), { debounce: PAUSE_MS, immediate: true });

  return { hits, cursor, state, problem, again: () => ask(cursor.value), more: () => ask(cursor.value) };
}
