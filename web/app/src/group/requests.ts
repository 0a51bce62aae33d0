/** Who asks to be let into a group, for those who decide: kept up to date while somebody looks. */
import type { ConversationView, JoinRequest } from "@parlor/sdk";
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";

import { sayProblem } from "@/logic/problems";
import { may } from "@/logic/rights";
import { parlor } from "@/sdk";

export function useRequests(conversation: () => ConversationView | null) {
  const requests = shallowRef<readonly JoinRequest[]>([]);
  const cursor = ref("");
  const state = ref<"loading" | "ready" | "failed">("loading");
  const problem = ref("");
  let asked = 0;

  const deciding = computed(() => {
    const group = conversation();
    return group !== null && group.settings.join === "approval" && may(group, "manage_links") ? group.id : null;
  });

  async function load(from = ""): Promise<void> {
    const group = deciding.value;
    const mine = ++asked;
    if (group === null) return;
    try {
      const page = await parlor.groups.requests(group, from);
      if (mine !== asked) return;
      parlor.store.takeUsers(page.users);
      requests.value = from === "" ? page.requests : [...requests.value, ...page.requests];
      cursor.value = page.cursor;
      state.value = "ready";
    } catch (refused) {
      if (mine !== asked) return;
      problem.value = sayProblem(refused);
      state.value = "failed";
    }
  }

  /** Answered here: it goes at once, and comes back with the next page when it was refused. */
  function forget(user: string): void {
    requests.value = requests.value.filter((request) => request.user_id !== user);
  }

  watch(
    deciding,
    (group) => {
      requests.value = [];
      state.value = group === null ? "ready" : "loading";
      void load();
    },
    { immediate: true },
  );
  const stops = [
    parlor.groups.requested.on((push) => {
      if (push.conversation_id === deciding.value) void load();
    }),
    parlor.link.greeted.on(() => void load()),
  ];
  onScopeDispose(() => stops.forEach((stop) => stop()));

  return { requests, cursor, state, problem, load, forget, deciding };
}
