import type { Member, MembersResult, Role } from "@parlor/sdk";
import { expect, test } from "vitest";

import { changed, firstPage, nextPage } from "@/logic/roster";

function member(user_id: string, role: Role = "member"): Member {
  return { user_id, role, joined_seq: 1, read_seq: 0 };
}

function page(ids: readonly string[], more: Partial<MembersResult> = {}): MembersResult {
  return { members: ids.map((id) => member(id)), users: [], cursor: "", version: 5, left: [], ...more };
}

const ids = (roster: { members: readonly Member[] }) => roster.members.map((one) => one.user_id);

test("pages follow each other, nobody twice", () => {
  const first = firstPage(page(["a", "c"], { cursor: "c" }));
  const whole = nextPage(first, page(["c", "d"], { version: 9 }));
  expect(ids(whole)).toEqual(["a", "c", "d"]);
  expect(whole).toMatchObject({ cursor: "", version: 5 });
});

test("who joined, left or has another role is put in place", () => {
  const before = firstPage(page(["a", "c", "d"]));
  const news = { ...page([]), members: [member("b"), member("c", "administrator")], left: ["d"], version: 8 };
  const after = changed(before, news);
  expect(ids(after)).toEqual(["a", "b", "c"]);
  expect(after.members[2]!.role).toBe("administrator");
  expect(after.version).toBe(8);
});

test("who belongs to a page that is not here yet waits for it", () => {
  const before = firstPage(page(["a", "c"], { cursor: "c" }));
  const after = changed(before, page(["b", "z"], { version: 6 }));
  expect(ids(after)).toEqual(["a", "b", "c"]);
  expect(ids(nextPage(after, page(["z"])))).toEqual(["a", "b", "c", "z"]);
});
