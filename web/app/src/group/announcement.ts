/** Which announcements were closed on this browser: each is shown as a bar once. */
import { ref } from "vue";

const KEY = "parlor.announcements";
const MOST = 200;

/** [conversation, what it said, shortened], the last closed at the end. */
type Closed = readonly (readonly [string, string])[];

function kept(): Closed {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? (found as Closed) : [];
  } catch {
    return [];
  }
}

const closed = ref<Closed>(kept());

/** Enough to tell two announcements apart without keeping a long one. */
function mark(text: string): string {
  let hash = 5_381;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 33) ^ text.charCodeAt(index)) >>> 0;
  return `${text.length}:${hash.toString(36)}`;
}

export function isClosed(conversation: string, text: string): boolean {
  return closed.value.some(([id, seen]) => id === conversation && seen === mark(text));
}

export function close(conversation: string, text: string): void {
  const others = closed.value.filter(([id]) => id !== conversation);
  closed.value = [...others, [conversation, mark(text)] as const].slice(-MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(closed.value));
  } catch {
    // Storage may be full or forbidden: it stays closed for this visit.
  }
}
