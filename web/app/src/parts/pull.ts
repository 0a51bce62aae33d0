/** A finger that pulls something to the right and lets go, for an act on it. */
import { useEventListener } from "@vueuse/core";
import { ref, type Ref } from "vue";

import { follows, isFarEnough, mayPull, wishOf, type Wish } from "@/logic/pulling";

/**
 * How far the thing is pulled, null while nobody does. What is pulled has `touch-action: pan-y`: then
 * the browser scrolls what is steep and tells that it has (touchcancel), and leaves us the rest.
 */
export function usePull(target: Ref<HTMLElement | undefined>, may: () => boolean, then: () => void): Ref<number | null> {
  const pulled = ref<number | null>(null);
  let wish: Wish = "other";
  let [x, y] = [0, 0];

  function end(): void {
    wish = "other";
    pulled.value = null;
  }

  useEventListener(target, "touchstart", (event: TouchEvent) => {
    end();
    const touch = event.touches[0];
    if (touch === undefined || event.touches.length > 1 || !mayPull(touch.clientX) || isScrolledAcross(event.target)) return;
    [x, y] = [touch.clientX, touch.clientY];
    if (may()) wish = "unclear";
  }, { passive: true });
  useEventListener(target, "touchmove", (event: TouchEvent) => {
    const touch = event.touches[0];
    if (touch === undefined || event.touches.length > 1) return end();
    if (wish === "unclear") wish = wishOf(touch.clientX - x, touch.clientY - y);
    if (wish === "pull") pulled.value = follows(touch.clientX - x);
  }, { passive: true });
  useEventListener(target, "touchend", () => {
    const meant = pulled.value !== null && isFarEnough(pulled.value);
    end();
    if (meant) then();
  }, { passive: true });
  useEventListener(target, "touchcancel", end, { passive: true });
  return pulled;
}

/** As a block of code with long lines. */
function isScrolledAcross(target: EventTarget | null): boolean {
  const block = target instanceof Element ? target.closest("pre") : null;
  return block !== null && block.scrollWidth > block.clientWidth;
}
