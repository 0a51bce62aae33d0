import { describe, expect, test } from "vitest";

import { partsOf } from "@/logic/links";

const linksIn = (text: string): string[] => partsOf(text).flatMap((part) => (part.href === undefined ? [] : [part.text]));

describe("links in a message", () => {
  test("every part together is the text, whatever it is", () => {
    for (const text of ["", "no link", "a http://x.org b https://y.org/c.", "（https://例え.jp/路）末", "http://"]) {
      expect(partsOf(text).map((part) => part.text).join("")).toBe(text);
    }
  });

  test("the sentence's full stop and bracket stay outside", () => {
    expect(linksIn("See https://example.org/a.")).toEqual(["https://example.org/a"]);
    expect(linksIn("(see https://example.org/a)")).toEqual(["https://example.org/a"]);
    expect(linksIn("https://en.wikipedia.org/wiki/Go_(game)")).toEqual(["https://en.wikipedia.org/wiki/Go_(game)"]);
  });

  test("Chinese punctuation ends an address without a space", () => {
    expect(linksIn("日志在 https://ci.example.org/1，请看。")).toEqual(["https://ci.example.org/1"]);
  });

  test("www without a scheme is opened over https", () => {
    expect(partsOf("www.example.org/x")).toEqual([{ text: "www.example.org/x", href: "https://www.example.org/x" }]);
  });

  test("nothing but http and https becomes a link", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://x.org", "JAVASCRIPT://www"]) {
      expect(linksIn(text)).toEqual([]);
    }
  });
});
