/** Which parts of a text are addresses that may be opened. Only http and https; nothing is parsed as HTML. */

export interface TextPart {
  text: string;
  /** Set when the part is a link. */
  href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'“”‘’「」『』《》（），。；！？、]+|\bwww\.[^\s<>"'“”‘’「」『』《》（），。；！？、]+/giu;
const TRAILING = /[.,;:!?*_~]+$/;

export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const href = hrefOf(address);
    if (href === null) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** A closing bracket belongs to the address only when it was opened in it. */
function trimmed(address: string): string {
  let kept = address.replace(TRAILING, "");
  for (const [open, close] of [["(", ")"], ["[", "]"]] as const) {
    while (kept.endsWith(close) && count(kept, close) > count(kept, open)) {
      kept = kept.slice(0, -1).replace(TRAILING, "");
    }
  }
  return kept;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** The address as a link may have it; null when it is none that may be opened. */
export function hrefOf(address: string): string | null {
  try {
    const url = new URL(/^www\./i.test(address) ? `https://${address}` : address);
    return (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "" ? url.href : null;
  } catch {
    return null;
  }
}
