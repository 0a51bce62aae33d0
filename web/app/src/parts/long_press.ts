/** A finger that rests on something asks for its menu, as a right click does. */
import { useEventListener } from "@vueuse/core";
import { onScopeDispose, type Ref } from "vue";

/** Where a menu or a picker opens, in the viewport. */
export interface Spot {
  x: number;
  y: number;
}

const LONG_MS = 450;
const STILL_PX = 10;

export function useLongPress(target: Ref<HTMLElement | undefined>, then: (spot: Spot) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let opened = false;
  let from: Spot = { x: 0, y: 0 };
  const giveUp = (): void => clearTimeout(timer);
  useEventListener(target, "touchstart", (event: TouchEvent) => {
    giveUp();
    opened = false;
    const touch = event.touches[0];
    if (touch === undefined || event.touches.length > 1) return;
    from = { x: touch.clientX, y: touch.clientY };
    timer = setTimeout(() => {
      opened = true;
      then(from);
    }, LONG_MS);
  }, { passive: true });
  useEventListener(target, "touchmove", (event: TouchEvent) => {
    const touch = event.touches[0];
    if (touch && Math.hypot(touch.clientX - from.x, touch.clientY - from.y) > STILL_PX) giveUp();
  }, { passive: true });
  // Otherwise the browser makes a click of it, on what has just opened under the finger.
  useEventListener(target, "touchend", (event: TouchEvent) => (opened ? event.preventDefault() : giveUp()), { passive: false });
  useEventListener(target, "touchcancel", giveUp, { passive: true });
  onScopeDispose(giveUp);
}
