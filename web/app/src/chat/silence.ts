/** Whether this person may write in a conversation right now; ticks while it ends by itself. */
import type { ConversationView, ThreadView } from "@parlor/sdk";
import { useIntervalFn } from "@vueuse/core";
import { computed, ref, watch, type ComputedRef, type Ref } from "vue";

import { silenced, type Silenced } from "@/logic/rights";
import { parlor, useReadable } from "@/sdk";

const TICK_MS = 1_000;
/** One's own last message is looked for among so many. */
const LOOK_BACK = 200;

export function useSilence(view: Ref<ThreadView | null>, conversation: ComputedRef<ConversationView | null>, me: () => string): ComputedRef<Silenced | null> {
  const blocked = useReadable(parlor.people.blocked);
  // Ends are told in the server's time, which the clock here need not know.
  const now = ref(parlor.link.serverNow());
  const barred = ref(false);
  const link = useReadable(parlor.link.state);
  const acts = useReadable(parlor.queue.acts);
  const isBlocked = computed(() => blocked.value.has(conversation.value?.peer ?? ""));
  /** Whom one blocks does not hear from one either; an act on its way may change that. */
  const isSettled = computed(() => !isBlocked.value && !acts.value.some(({ method, state }) => method === "block.set" && state === "waiting"));
  const refusedBy = computed(() => (view.value?.outgoing ?? []).findLast(({ error }) => error?.code === "not_wanted")?.client_id ?? "");

  // Everything else is in the conversation's view and its events. That the other person wants
  // nothing is not told to whom it is about, and is no event: asked when the chat opens, after a
  // refusal, after one's own block, and when the link is back.
  watch(
    [() => conversation.value?.id ?? "", refusedBy, () => link.value.status === "online", isSettled],
    async ([id, refused, online, settled]) => {
      barred.value = refused !== "";
      if (!online || !settled || id === "" || conversation.value?.kind !== "direct") return;
      const page = await parlor.groups.members(id).catch(() => null);
      const self = page?.members.find((one) => one.user_id === me());
      if (self !== undefined && conversation.value?.id === id && isSettled.value) barred.value = self.barred ?? false;
    },
    { immediate: true },
  );

  const saidAt = computed(() => {
    const { latest: events = [], outgoing = [] } = view.value ?? {};
    const onItsWay = outgoing.findLast(({ state }) => state !== "failed");
    if (onItsWay !== undefined) return onItsWay.created_at + parlor.link.serverNow() - Date.now();
    for (let index = events.length - 1; index >= Math.max(0, events.length - LOOK_BACK); index--) {
      const event = events[index]!;
      if (event.kind === "message" && event.sender === me()) return event.sent_at;
    }
    return 0;
  });
  const silence = computed<Silenced | null>(() => {
    const row = conversation.value;
    if (row === null) return null;
    const circumstances = { now: now.value, saidAt: saidAt.value, blocked: isBlocked.value, barred: barred.value };
    return silenced(row, circumstances);
  });
  const clock = useIntervalFn(() => (now.value = parlor.link.serverNow()), TICK_MS, { immediate: false });
  watch([saidAt, conversation], () => (now.value = parlor.link.serverNow()), { flush: "sync" });
  watch(() => silence.value?.until !== undefined, (ends) => (ends ? clock.resume() : clock.pause()), { immediate: true });
  return silence;
}
