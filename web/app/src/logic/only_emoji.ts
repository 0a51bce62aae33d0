/** True for one to three emoji and nothing else: drawn large. */

const EMOJI = /^(?:\p{RI}\p{RI}|\p{Emoji}(?:\p{EMod}|\uFE0F\u20E3?)?(?:\u200D\p{Emoji}(?:\p{EMod}|\uFE0F)?)*)$/u;
const PLAIN = /^[\d#*]/;
const MOST = 3;

const graphemes = typeof Intl.Segmenter === "undefined" ? null : new Intl.Segmenter(undefined, { granularity: "grapheme" });

export function onlyEmoji(text: string): boolean {
  // Most messages are longer than three emoji can be.
  if (graphemes === null || text.length === 0 || text.length > 40) return false;
  const all = [...graphemes.segment(text.trim())];
  return all.length > 0 && all.length <= MOST && all.every(({ segment }) => EMOJI.test(segment) && !PLAIN.test(segment));
}
