/** The letter that a name is found under: A to Z, Chinese by pinyin, "#" for everything else. Pure. */

const LATIN = /^[A-Z]$/;
const HAN = /\p{Script=Han}/u;
const LETTERS = "ABCDEFGHJKLMNOPQRSTWXYZ";
// The first character of each letter, as pinyin orders them; no syllable begins with I, U or V.
const FIRST_OF = "阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀";

const pinyin = new Intl.Collator("zh-CN-u-co-pinyin");

export const OTHER = "#";

export function letterOf(name: string): string {
  const first = [...name.trim()][0] ?? "";
  const latin = first.normalize("NFD")[0]?.toUpperCase() ?? "";
  if (LATIN.test(latin)) return latin;
  if (!HAN.test(first)) return OTHER;
  let letter = OTHER;
  for (const [at, boundary] of [...FIRST_OF].entries()) {
    if (pinyin.compare(first, boundary) < 0) break;
    letter = LETTERS[at]!;
  }
  return letter;
}

export interface Section<T> {
  letter: string;
  people: T[];
}

/** By letter, then by name; what has no letter comes last. */
export function byLetter<T>(people: readonly T[], nameOf: (one: T) => string): Section<T>[] {
  const sections = new Map<string, { name: string; one: T }[]>();
  for (const one of people) {
    const name = nameOf(one);
    const letter = letterOf(name);
    sections.set(letter, [...(sections.get(letter) ?? []), { name, one }]);
  }
  const rank = (letter: string): string => (letter === OTHER ? "~" : letter);
  return [...sections]
    .sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
    .map(([letter, all]) => ({
      letter,
      people: all.sort((a, b) => pinyin.compare(a.name, b.name)).map(({ one }) => one),
    }));
}
