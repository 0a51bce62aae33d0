/** Who is meant by an @ in a text. People are named as they are shown; pure. */

/** What "everybody" is called in a text, in each language of the app. */
export const EVERYBODY = ["all", "所有人"] as const;

/** Somebody that a text may name. */
export interface Named {
  id: string;
  name: string;
}

/** The @ that the caret stands behind, and what is typed of a name; null when there is none. */
export function askedName(text: string, caret: number): { from: number; query: string } | null {
  const before = text.slice(Math.max(0, caret - 33), caret);
  const match = /(?:^|[^a-z0-9@])@([^\s@]{0,32})$/iu.exec(before);
  if (match === null) return null;
  const query = match[1]!;
  return { from: caret - query.length - 1, query };
}

/** Best first: names that begin so, then those with a word that does, then accounts. */
export function matching<T extends Named & { account: string }>(people: readonly T[], query: string, most: number): T[] {
  const asked = query.toLocaleLowerCase();
  const rank = (one: T): number => {
    const name = one.name.toLocaleLowerCase();
    if (name.startsWith(asked)) return 0;
    if (name.split(/\s+/).some((word) => word.startsWith(asked))) return 1;
    if (one.account.startsWith(asked)) return 2;
    return name.includes(asked) ? 3 : 4;
  };
  return people
    .map((one) => ({ one, rank: rank(one) }))
    .filter((one) => one.rank < 4)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ one }) => one);
}

export interface NamedPart {
  text: string;
  /** Whom it names; "all" for everybody. */
  id?: string;
}

/** `text` with each "@name" of these people apart. The longest name wins: @Ann Lee before @Ann. */
export function namedParts(text: string, people: readonly Named[], everybody: boolean): NamedPart[] {
  const names = everybody ? [...people, ...EVERYBODY.map((name) => ({ id: "all", name }))] : people;
  if (names.length === 0 || !text.includes("@")) return [{ text }];
  const longestFirst = [...names].filter(({ name }) => name !== "").sort((a, b) => b.name.length - a.name.length);
  const parts: NamedPart[] = [];
  let end = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", Math.max(at + 1, end))) {
    const found = longestFirst.find(({ name }) => text.startsWith(name, at + 1));
    if (found === undefined) continue;
    if (at > end) parts.push({ text: text.slice(end, at) });
    end = at + 1 + found.name.length;
    parts.push({ text: text.slice(at, end), id: found.id });
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** Whom a text names, each once. */
export function namedIn(text: string, people: readonly Named[], everybody: boolean): { ids: string[]; all: boolean } {
  const found = new Set(namedParts(text, people, everybody).flatMap((part) => part.id ?? []));
  const all = found.delete("all");
  return { ids: [...found], all };
}
