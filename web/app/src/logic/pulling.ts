/** A finger that pulls a thing to the right: when it does, and how far the thing follows. Pure. */

/** Until it has moved so far, it may still rest, or press. */
const SLOP_PX = 10;
/** Nearer to the edge, the browser takes it for a step back. */
const EDGE_PX = 28;
/** Steeper, it scrolls. */
const STEEPEST = 0.6;
const MOST_PX = 72;
const READY_PX = 52;

export type Wish = "unclear" | "pull" | "other";

/** Whether a finger that comes down at `x` may begin to pull. */
export function mayPull(x: number): boolean {
  return x >= EDGE_PX;
}

/** What a finger wants that has moved so far; asked until it is clear, and not again. */
export function wishOf(dx: number, dy: number): Wish {
  if (Math.hypot(dx, dy) < SLOP_PX) return "unclear";
  return dx > 0 && Math.abs(dy) <= dx * STEEPEST ? "pull" : "other";
}

/** How far the thing follows; it stops by itself. */
export function follows(dx: number): number {
  return Math.max(0, Math.min(MOST_PX, dx - SLOP_PX));
}

/** Let go there, it was meant. */
export function isFarEnough(followed: number): boolean {
  return followed >= READY_PX;
}
