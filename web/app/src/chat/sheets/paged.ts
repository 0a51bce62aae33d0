/** Something that a sheet asks the server for when it opens, page by page. */
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { sayProblem } from "@/logic/problems";

export interface Paged<T> {
  all: ShallowRef<readonly T[]>;
  state: Ref<"loading" | "ready" | "failed">;
  problem: Ref<string>;
  more: Ref<boolean>;
  load: () => Promise<void>;
}

/** `page` answers with rows and the cursor of the next page; empty or 0: there is none. */
export function usePaged<T, C extends string | number>(first: C, page: (cursor: C) => Promise<{ rows: readonly T[]; next: C }>): Paged<T> {
  const all = shallowRef<readonly T[]>([]);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const problem = ref("");
  const more = ref(false);
  let cursor = first;

  async function load(): Promise<void> {
    if (all.value.length === 0) state.value = "loading";
    try {
      const { rows, next } = await page(cursor);
      all.value = [...all.value, ...rows];
      cursor = next;
      more.value = Boolean(next);
      state.value = "ready";
    } catch (refused) {
      problem.value = sayProblem(refused);
      state.value = "failed";
    }
  }

  void load();
  return { all, state, problem, more, load };
}
