/**
 * What the marks in a text mean: a small part of Markdown, as a tree that is drawn with text nodes.
 *
 * Pure, and nothing is ever HTML: a tag in a text is characters like any others. Every character
 * that is not a mark stays, so a text without marks is drawn as it was written. Marks that are not
 * closed mean nothing. Time is linear in the length of the text, nested at most `DEEPEST`.
 */
import { hrefOf, partsOf } from "./links";

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "link"; href: string; text: string }
  | { kind: "strong" | "em" | "del"; inside: Inline[] };

export type Block =
  | { kind: "lines"; inside: Inline[] }
  | { kind: "code"; text: string; language: string }
  | { kind: "quote"; inside: Block[] }
  | { kind: "list"; from: number | null; items: Inline[][] };

const DEEPEST = 4;
/** Nobody shows more of a text than this in one line. */
const PLAIN_CHARS = 400;
const FENCE = /^ {0,3}```\s*([\w+#.-]{0,20})\s*$/;
const FENCE_END = /^ {0,3}```\s*$/;
const QUOTE = /^> ?/;
const BULLET = /^ {0,3}[-*+] +(?=\S)/;
const NUMBER = /^ {0,3}(\d{1,9})[.)] +(?=\S)/;

export function blocksOf(text: string): Block[] {
  return readBlocks(text.split("\n"), 0);
}

/** What the text says without its marks, in one line: for where there is room for no more. */
export function plainOf(text: string): string {
  const words = (all: readonly (Block | Inline)[]): string =>
    all.map((one) => (one.kind === "list" ? one.items.map(words).join(" ") : "inside" in one ? words(one.inside) : one.text)).join("");
  return blocksOf(text.slice(0, PLAIN_CHARS))
    .map((block) => words([block]))
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
}

function readBlocks(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let plain: string[] = [];
  const flush = (): void => {
    if (plain.length > 0) blocks.push({ kind: "lines", inside: inlineOf(plain.join("\n")) });
    plain = [];
  };
  // Of the last ``` that closes nothing there is no need to look for its end again.
  const lastFence = lines.findLastIndex((line) => FENCE_END.test(line));
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const fence = at < lastFence ? FENCE.exec(line) : null;
    if (fence !== null) {
      flush();
      const end = endOfFence(lines, at + 1);
      blocks.push({ kind: "code", text: lines.slice(at + 1, end).join("\n"), language: fence[1]! });
      at = end + 1;
    } else if (QUOTE.test(line) && depth < DEEPEST) {
      flush();
      const end = endOf(lines, at, QUOTE);
      blocks.push({ kind: "quote", inside: readBlocks(lines.slice(at, end).map((one) => one.replace(QUOTE, "")), depth + 1) });
      at = end;
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      flush();
      const mark = BULLET.test(line) ? BULLET : NUMBER;
      const end = endOf(lines, at, mark);
      const from = mark === NUMBER ? Number(NUMBER.exec(line)![1]) : null;
      blocks.push({ kind: "list", from, items: lines.slice(at, end).map((one) => inlineOf(one.replace(mark, ""))) });
      at = end;
    } else {
      plain.push(line);
      at += 1;
    }
  }
  flush();
  return blocks;
}

function endOfFence(lines: readonly string[], from: number): number {
  let at = from;
  while (!FENCE_END.test(lines[at]!)) at += 1;
  return at;
}

function endOf(lines: readonly string[], from: number, mark: RegExp): number {
  let at = from;
  while (at < lines.length && mark.test(lines[at]!)) at += 1;
  return at;
}

/** Addresses first: a mark inside one is part of it. Then code, in which nothing else is looked for. */
export function inlineOf(text: string): Inline[] {
  const pieces: Inline[] = [];
  let end = 0;
  for (const match of text.matchAll(/`([^`\n]+)`|\[([^\[\]\n]{1,300})\]\((https?:\/\/[^\s()<>"']{1,2000})\)/g)) {
    const href = match[3] === undefined ? null : hrefOf(match[3]);
    if (match[3] !== undefined && href === null) continue;
    pieces.push(...linked(text.slice(end, match.index)));
    pieces.push(href === null ? { kind: "code", text: match[1]! } : { kind: "link", href, text: match[2]! });
    end = match.index + match[0].length;
  }
  pieces.push(...linked(text.slice(end)));
  return marked(pieces);
}

function linked(text: string): Inline[] {
  return partsOf(text).map((part) =>
    part.href === undefined ? { kind: "text", text: part.text } : { kind: "link", href: part.href, text: part.text },
  );
}

type Mark = "**" | "~~" | "*" | "_";

const KINDS = { "**": "strong", "~~": "del", "*": "em", _: "em" } as const;
/** Longer runs, such as in __init__ or ***, are characters. */
const TOKEN = /\*+|_+|~+|\n/g;
const WORD = /[a-z0-9]/i;

/**
 * Pairs the marks of all text among `pieces`; what stands between a pair goes into it. A mark that
 * is open cannot be opened again, so there are never more than four.
 */
class Pairing {
  readonly done: Inline[] = [];
  private opened: { mark: Mark; at: number }[] = [];
  private before = "";

  piece(piece: Inline, next: string): void {
    if (piece.kind !== "text") {
      this.done.push(piece);
      this.before = "x";
      return;
    }
    let end = 0;
    for (const match of piece.text.matchAll(TOKEN)) {
      this.text(piece.text.slice(end, match.index));
      end = match.index + match[0].length;
      this.token(match[0], piece.text[end] ?? next);
    }
    this.text(piece.text.slice(end));
  }

  private token(token: string, after: string): void {
    if (token === "\n") this.opened = [];
    const mark = token in KINDS ? (token as Mark) : null;
    const at = this.opened.findIndex((one) => one.mark === mark);
    if (mark !== null && at >= 0) {
      if (this.closes(mark, after, this.opened[at]!.at)) return this.close(at);
    } else if (mark !== null && this.opens(mark, after)) {
      this.opened.push({ mark, at: this.done.length });
      this.done.push({ kind: "text", text: mark });
      this.before = mark;
      return;
    }
    this.text(token);
  }

  private opens(mark: Mark, after: string): boolean {
    return after.trim() !== "" && (mark.length > 1 || !WORD.test(this.before));
  }

  private closes(mark: Mark, after: string, from: number): boolean {
    return this.before.trim() !== "" && this.done.length > from + 1 && (mark.length > 1 || !WORD.test(after));
  }

  private close(at: number): void {
    const { mark, at: from } = this.opened[at]!;
    const inside = this.done.splice(from).slice(1);
    this.done.push({ kind: KINDS[mark], inside: joined(inside) });
    this.opened.length = at;
    this.before = mark;
  }

  private text(text: string): void {
    if (text === "") return;
    this.done.push({ kind: "text", text });
    this.before = text.at(-1)!;
  }
}

function marked(pieces: readonly Inline[]): Inline[] {
  const pairing = new Pairing();
  pieces.forEach((piece, index) => pairing.piece(piece, index + 1 < pieces.length ? "x" : ""));
  return joined(pairing.done);
}

/** Neighbouring texts as one. */
function joined(pieces: readonly Inline[]): Inline[] {
  const all: Inline[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (piece.kind === "text" && last?.kind === "text") all[all.length - 1] = { kind: "text", text: last.text + piece.text };
    else all.push(piece);
  }
  return all;
}
