/** Keeps the keyboard inside a layer while it is open, and gives the focus back afterwards. */
import { onBeforeUnmount, watch, type Ref } from "vue";

const REACHABLE = "button:not(:disabled), [href], input:not(:disabled), select:not(:disabled), textarea, [tabindex='0']";

export function useFocusTrap(layer: Ref<HTMLElement | undefined>, active: Ref<boolean>): void {
  let before: Element | null = null;

  function onKey(event: KeyboardEvent): void {
    if (event.key !== "Tab" || layer.value === undefined) return;
    const all = [...layer.value.querySelectorAll<HTMLElement>(REACHABLE)].filter((one) => one.checkVisibility());
    const first = all[0];
    const last = all.at(-1);
    if (first === undefined || last === undefined) return;
    const at = document.activeElement;
    const outside = !layer.value.contains(at);
    if (event.shiftKey && (outside || at === first)) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && (outside || at === last)) {
      event.preventDefault();
      first.focus();
    }
  }

  function release(): void {
    document.removeEventListener("keydown", onKey, true);
    if (before instanceof HTMLElement && before.isConnected) before.focus();
    before = null;
  }

  watch(
    [layer, active],
    ([element, on], [elementBefore, onBefore]) => {
      const is = element !== undefined && on;
      const was = elementBefore !== undefined && onBefore === true;
      if (is && !was) {
        before = document.activeElement;
        document.addEventListener("keydown", onKey, true);
        element.focus();
      } else if (!is && was) {
        release();
      }
    },
    { immediate: true, flush: "post" },
  );
  onBeforeUnmount(release);
}
