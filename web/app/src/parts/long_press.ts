/** A finger that rests asks for the menu, where the browser does not say so by itself. */

const PRESS_MS = 500;
const SHAKE_PX = 10;

export interface LongPress {
  onPointerdown: (event: PointerEvent) => void;
  onPointermove: (event: PointerEvent) => void;
  onPointerup: () => void;
  onPointercancel: () => void;
  onClickCapture: (event: MouseEvent) => void;
}

/** Listeners for `v-on`/`v-bind`. The click at the end of a long press is not one. */
export function longPress(asked: (x: number, y: number) => void): LongPress {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from = { x: 0, y: 0 };
  let pressed = false;
  const end = (): void => clearTimeout(timer);
  return {
    onPointerdown(event) {
      pressed = false;
      if (event.pointerType !== "touch") return;
      from = { x: event.clientX, y: event.clientY };
      timer = setTimeout(() => {
        pressed = true;
        asked(from.x, from.y);
      }, PRESS_MS);
    },
    onPointermove(event) {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > SHAKE_PX) end();
    },
    onPointerup: end,
    onPointercancel: end,
    onClickCapture(event) {
      if (!pressed) return;
      pressed = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
