/** Initials and the colour of somebody without a picture: the same person always looks the same. */

// White on each of them has a contrast of at least 5:1.
const COLOURS = ["#b54f40", "#886830", "#4b792a", "#2a795f", "#31758c", "#4261bd", "#6142bd", "#a842bd", "#b94187"];
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

export function colourOf(id: string): string {
  let hash = 2_166_136_261;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519);
  return COLOURS[((hash ^ (hash >>> 13)) >>> 0) % COLOURS.length]!;
}

/** Two letters of a name in letters, the last two characters of a Chinese, Japanese or Korean one. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/[\s_.-]+/u).filter((word) => word !== "");
  const whole = [...words.join("")];
  if (whole.length === 0) return "?";
  const cjk = whole.filter((character) => CJK.test(character));
  if (cjk.length > 0) return cjk.slice(-2).join("");
  const first = [...words[0]!][0] ?? "";
  const last = words.length > 1 ? ([...words.at(-1)!][0] ?? "") : "";
  return (first + last).toUpperCase();
}
