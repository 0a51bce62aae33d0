/** The pinned messages of a conversation, the latest first; asked for again after each pin. */
import type { Event } from "@parlor/sdk";
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";

import { sayProblem } from "@/logic/problems";
import { parlor } from "@/sdk";

import type { MessageAt, Stage } from "./stage";

const CHANGES: readonly Event["kind"][] = ["pin", "recall", "edit"];

export interface Pins {
  all: ShallowRef<readonly MessageAt[]>;
  problem: Ref<string>;
  loading: Ref<boolean>;
  load: () => Promise<void>;
}

export function usePins(stage: Stage): Pins {
  const all = shallowRef<readonly MessageAt[]>([]);
  const problem = ref("");
  const loading = ref(true);
  let turn = 0;

  async function load(): Promise<void> {
    const mine = ++turn;
    try {
      const found: MessageAt[] = [];
      let before: number | null = null;
      do {
        const page = await parlor.messages.pins(stage.id, before);
        const states = new Map(page.states.map((state) => [state.seq, state]));
        found.push(...page.events.map((event) => ({ event, state: states.get(event.seq) })));
        before = page.next;
      } while (before !== 0 && mine === turn);
      if (mine !== turn) return;
      all.value = found;
      problem.value = "";
    } catch (refused) {
      if (mine === turn) problem.value = sayProblem(refused);
    }
    loading.value = false;
  }

  watch(
    () => stage.view.value.latest,
    (events, before) => {
      const seen = before?.at(-1)?.seq ?? 0;
      for (let index = events.length - 1; index >= 0 && events[index]!.seq > seen; index--) {
        if (seen > 0 && CHANGES.includes(events[index]!.kind)) return void load();
      }
    },
  );
  void load();
  onScopeDispose(parlor.link.greeted.on(() => void load()));
  return { all, problem, loading, load };
}
