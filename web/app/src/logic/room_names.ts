/** What chat rooms are called: by the server, in addresses, and by people. */

const TALK = "chat://";
const encoder = new TextEncoder();

/** As people call it: rooms in which people talk by their own name, any other by its whole one. */
export function roomTitle(room: string): string {
  return room.startsWith(TALK) && room.length > TALK.length ? room.slice(TALK.length) : room;
}

/** Whole names have slashes and colons of their own. */
export function roomAddress(room: string): string {
  return `/room/${encodeURIComponent(room)}`;
}

/**
 * The room that somebody means who typed or pasted `words`; empty: none. An address of a room and a
 * whole name (`type://id`, `live:1`) mean what they say, a mere word has `beginning` put before it.
 */
export function roomMeant(words: string, beginning: string): string {
  const name = words.normalize("NFC").replace(/\s+/g, " ").trim();
  const path = /^https?:\/\/[^/]+\/room\/([^/?#]+)$/.exec(name)?.[1];
  if (path !== undefined) return decoded(path);
  return name === "" || name.includes(":") ? name : beginning + name;
}

/** How many characters of its end a text must lose to have at most `maxBytes` of UTF-8. */
export function charactersOver(text: string, maxBytes: number): number {
  // Three bytes are the most that a unit of UTF-16 can become.
  if (text.length * 3 <= maxBytes) return 0;
  let over = encoder.encode(text).length - maxBytes;
  let count = 0;
  for (const character of [...text].reverse()) {
    if (over <= 0) break;
    over -= encoder.encode(character).length;
    count++;
  }
  return count;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
