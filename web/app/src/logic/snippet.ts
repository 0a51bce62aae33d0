/** The part of a text around what was looked for, in one line, with what is to be marked. */
export interface Piece {
  text: string;
  marked: boolean;
}

/** In code points, as the server counts them. */
export interface Mark {
  start: number;
  end: number;
}

const BEFORE = 18;
const MOST = 120;

export function snippetOf(text: string, marks: readonly Mark[]): Piece[] {
  const chars = Array.from(text);
  const first = marks[0]?.start ?? 0;
  const from = first <= BEFORE + 6 ? 0 : first - BEFORE;
  const to = Math.min(chars.length, from + MOST);
  const pieces: Piece[] = [];
  const add = (start: number, end: number, marked: boolean): void => {
    if (end > start) pieces.push({ text: chars.slice(start, end).join("").replace(/\s+/g, " "), marked });
  };
  let at = from;
  for (const { start, end } of marks) {
    if (start >= to) break;
    add(at, Math.max(at, start), false);
    add(Math.max(at, start), Math.min(end, to), true);
    at = Math.max(at, Math.min(end, to));
  }
  add(at, to, false);
  if (from > 0) pieces.unshift({ text: "…", marked: false });
  if (to < chars.length) pieces.push({ text: "…", marked: false });
  return pieces;
}
