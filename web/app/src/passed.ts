/** Whether a moment is over, told when it is. */
import { computed, onScopeDispose, ref, watch, type ComputedRef } from "vue";

/** Longer than this no timer waits. */
const LONGEST_MS = 2 ** 31 - 1;

/** `at` is Unix milliseconds; 0: never. */
export function usePassed(at: () => number): ComputedRef<boolean> {
  const now = ref(Date.now());
  let timer: ReturnType<typeof setTimeout> | undefined;

  function wait(): void {
    clearTimeout(timer);
    now.value = Date.now();
    if (at() > now.value) timer = setTimeout(wait, Math.min(at() - now.value, LONGEST_MS));
  }

  watch(at, wait, { immediate: true });
  onScopeDispose(() => clearTimeout(timer));
  return computed(() => at() > 0 && at() <= now.value);
}
