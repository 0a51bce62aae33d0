/** How many members of a group are there now, asked while somebody looks at its details. 0: not known. */
import type { ConversationView } from "@parlor/sdk";
import { useDocumentVisibility, useIntervalFn } from "@vueuse/core";
import { ref, watch } from "vue";

import { may } from "@/logic/rights";
import { parlor, useReadable } from "@/sdk";

const EVERY_MS = 15_000;

export function useOnline(conversation: () => ConversationView) {
  const online = ref(0);
  const link = useReadable(parlor.link.state);
  const visible = useDocumentVisibility();

  async function ask(): Promise<void> {
    const group = conversation();
    if (link.value.status !== "online" || visible.value === "hidden" || !may(group, "see_members")) return;
    try {
      online.value = (await parlor.groups.online(group.id)).online;
    } catch {
      online.value = 0; // a number that nobody misses
    }
  }

  useIntervalFn(ask, EVERY_MS);
  watch(() => [link.value.status, conversation().member_count], ask, { immediate: true });
  return online;
}
