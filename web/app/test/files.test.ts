import { beforeEach, expect, test } from "vitest";

import { i18n } from "@/i18n";
import en from "@/i18n/en";
import { isPicture, kindFor, lineOf, sizeOf } from "@/logic/files";

beforeEach(() => {
  i18n.global.setLocaleMessage("en", en);
  i18n.global.locale.value = "en";
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [9_949, "9.9 kB"],
  [9_950, "10 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [536_870_912, "537 MB"],
  [5e15, "5000 TB"],
])("%i bytes are %s", (bytes, text) => expect(sizeOf(bytes)).toBe(text));

const pdf = { id: "1", name: "报告.pdf", size: 5, type: "application/pdf" };
const photo = { id: "2", name: "a.jpg", size: 5, type: "image/jpeg", width: 4, height: 3 };

test("a line says the words, and what is there where there are none", () => {
  expect(lineOf("**look**", pdf)).toBe("look");
  expect(lineOf("", pdf)).toBe("File: 报告.pdf");
  expect(lineOf("", photo)).toBe("Picture");
  expect(lineOf("", null)).toBe("");
  expect([isPicture(pdf), isPicture(photo)]).toEqual([false, true]);
});

test("pictures that browsers draw are sent as such, all else as it is", () => {
  expect(kindFor({ type: "image/png", size: 1 })).toBe("picture");
  expect(kindFor({ type: "image/svg+xml", size: 1 })).toBe("file");
  expect(kindFor({ type: "image/png", size: 2 ** 26 })).toBe("file");
  expect(kindFor({ type: "", size: 1 })).toBe("file");
});
