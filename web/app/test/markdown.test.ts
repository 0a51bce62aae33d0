import { describe, expect, test } from "vitest";

import { blocksOf, inlineOf, plainOf, type Block, type Inline } from "@/logic/markdown";

const bare = (inline: readonly Inline[]): string =>
  inline.map((one) => ("inside" in one ? `<${one.kind}>${bare(one.inside)}</>` : one.kind === "text" ? one.text : `<${one.kind}>${one.text}</>`)).join("");
const shown = (text: string): string => bare(inlineOf(text));

function everyLink(blocks: readonly (Block | Inline)[]): string[] {
  return blocks.flatMap((one) => {
    if (one.kind === "link") return [one.href];
    if (one.kind === "list") return one.items.flatMap(everyLink);
    return "inside" in one ? everyLink(one.inside) : [];
  });
}

describe("marks in a line", () => {
  test("bold, italic, strike and code", () => {
    expect(shown("**a** *b* _c_ ~~d~~ `e`")).toBe("<strong>a</> <em>b</> <em>c</> <del>d</> <code>e</>");
    expect(shown("今天**很重要**的事")).toBe("今天<strong>很重要</>的事");
    expect(shown("**a *b* c**")).toBe("<strong>a <em>b</> c</>");
  });

  test("what only looks like a mark stays as it is", () => {
    for (const text of ["2*3*4", "snake_case_name", "__init__", "a * b * c", "** a **", "***", "~100", "3 < 4 && 5 > 4", "`open", "**open", "*a\nb*"]) {
      expect(shown(text)).toBe(text);
    }
  });

  test("nothing in code and in addresses is a mark", () => {
    expect(shown("`**a**`")).toBe("<code>**a**</>");
    expect(shown("https://example.org/a_b_c*d*")).toBe("<link>https://example.org/a_b_c*d</>*");
  });

  test("a link may have a text, and only the web's addresses are links", () => {
    expect(inlineOf("[the plan](https://example.org/x)")).toEqual([{ kind: "link", href: "https://example.org/x", text: "the plan" }]);
    for (const address of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " https://x.org"]) {
      expect(inlineOf(`[x](${address})`).some((one) => one.kind === "link" && one.text === "x")).toBe(false);
    }
  });

  test("a hundred thousand marks are read, and none is lost", () => {
    const letters = (blocks: readonly (Block | Inline)[]): string =>
      blocks.map((one) => (one.kind === "list" ? one.items.map(letters).join("") : "inside" in one ? letters(one.inside) : one.text)).join("");
    for (const text of ["*a ".repeat(30_000), "**a_b~~".repeat(15_000), "[x".repeat(50_000), "`a".repeat(50_001), "> ".repeat(50_000) + "x", "```\nx\n".repeat(20_001)]) {
      const of = (all: string): string => all.replace(/[^a-z[]/g, "");
      expect(of(letters(blocksOf(text)))).toBe(of(text));
    }
  });
});

describe("blocks", () => {
  test("fenced code, quotes and lists", () => {
    expect(blocksOf("see\n```js\nlet a = 1;\n**b**\n```\nend")).toEqual([
      { kind: "lines", inside: [{ kind: "text", text: "see" }] },
      { kind: "code", text: "let a = 1;\n**b**", language: "js" },
      { kind: "lines", inside: [{ kind: "text", text: "end" }] },
    ]);
    expect(blocksOf("> a\n> b\nc").map((one) => one.kind)).toEqual(["quote", "lines"]);
    expect(blocksOf("- a\n- b")).toEqual([{ kind: "list", from: null, items: [[{ kind: "text", text: "a" }], [{ kind: "text", text: "b" }]] }]);
    expect(blocksOf("3. a\n4. b")).toMatchObject([{ kind: "list", from: 3 }]);
  });

  test("a fence that is not closed, a dash without a space and a tag are plain lines", () => {
    for (const text of ["```js\nlet a", "-a\n-b", "1.5 kg", "<b>x</b>\n<script>alert(1)</script>"]) {
      expect(blocksOf(text)).toEqual([{ kind: "lines", inside: [{ kind: "text", text }] }]);
    }
  });

  test("quotes in quotes end somewhere", () => {
    let [depth, blocks] = [0, blocksOf("> ".repeat(500) + "deep")];
    while (blocks[0]?.kind === "quote") [depth, blocks] = [depth + 1, blocks[0].inside];
    expect(depth).toBe(4);
  });
});

test("no payload makes a link that runs", () => {
  const payloads = ["javascript:alert(1)", "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](&#106;avascript:x)", "www.x.org\" onclick=\"x", "[a](https://x.org\"onmouseover=\"x)", "<https://x.org/><img src=x>", "vbscript:x", "https://x.org'><script>", "[a](//evil.org)"];
  for (const payload of payloads) {
    for (const href of everyLink(blocksOf(payload))) {
      expect(new URL(href).protocol).toMatch(/^https?:$/);
      expect(href).not.toMatch(/["'<>\s]/);
    }
  }
});

test("in one line a text is without its marks", () => {
  expect(plainOf("Plan for **Friday**:\n1. buy ~~flour~~\n2. `make` it\n> ok\nsee [this](https://x.org)")).toBe("Plan for Friday: buy flour make it ok see this");
});
