/** Which page of a conversation's details is open: beside the chat, or on a phone in its place and in the history. */
import { useMediaQuery } from "@vueuse/core";
import { computed, watch, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";

import { useLayers } from "@/stores/layers";

export const PANELS = ["details", "members", "settings", "permissions", "links", "requests"] as const;
export type Panel = (typeof PANELS)[number];

export interface DetailsView {
  /** Null: the details are closed. */
  panel: ComputedRef<Panel | null>;
  open: (panel: Panel) => void;
  /** To the first page of the details, and from there to the chat. */
  back: () => void;
  close: () => void;
}

export function useDetailsView(): DetailsView {
  const route = useRoute();
  const router = useRouter();
  const layers = useLayers();
  const phone = useMediaQuery("(max-width: 639px)");

  const addressed = computed(() => PANELS.find((one) => one === route.params["panel"]) ?? null);
  const panel = computed<Panel | null>(() => {
    if (!phone.value) return layers.details ? layers.panel : null;
    return addressed.value;
  });

  function address(to: Panel | null): string {
    const chat = `/c/${encodeURIComponent(String(route.params["conversation"]))}`;
    return to === null ? chat : `${chat}/${to}`;
  }

  function open(to: Panel): void {
    if (phone.value) {
      void router.push(address(to));
    } else {
      layers.panel = to;
      layers.details = true;
    }
  }

  /** Through the history when it came from there, so that it does not grow. */
  function goTo(to: Panel | null): void {
    if (window.history.state?.back === address(to)) router.back();
    else void router.replace(address(to));
  }

  function back(): void {
    if (panel.value === "details") close();
    else if (phone.value) goTo("details");
    else layers.panel = "details";
  }

  function close(): void {
    if (phone.value) goTo(null);
    layers.details = false;
    layers.panel = "details";
  }

  // Whoever opens the drawer by its flag opens the page on a phone.
  watch(
    () => layers.details && phone.value,
    (asked) => {
      if (!asked) return;
      layers.details = false;
      if (panel.value === null) open("details");
    },
    { immediate: true },
  );
  // The address of a page of a phone, where the details are beside the chat.
  watch(
    () => (phone.value ? null : addressed.value),
    (asked) => {
      if (asked === null) return;
      open(asked);
      void router.replace(address(null));
    },
    { immediate: true },
  );
  return { panel, open, back, close };
}
