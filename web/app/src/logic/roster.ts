/**
 * The members of a group as far as they were loaded: pages in the order of user ids, and what has
 * changed since the first of them. Pure.
 */
import type { Member, MembersResult } from "@parlor/sdk";

export interface Roster {
  members: readonly Member[];
  /** Where the next page begins; empty when all are here. */
  cursor: string;
  /** That of the first page: what changed while others were loaded is asked for since then. */
  version: number;
}

export const NOBODY: Roster = { members: [], cursor: "", version: 0 };

export function firstPage(page: MembersResult): Roster {
  return { members: page.members, cursor: page.cursor, version: page.version };
}

export function nextPage(roster: Roster, page: MembersResult): Roster {
  const here = new Set(roster.members.map((member) => member.user_id));
  const fresh = page.members.filter((member) => !here.has(member.user_id));
  return { ...roster, members: [...roster.members, ...fresh], cursor: page.cursor };
}

/** What has changed since `roster.version`. Who belongs behind the last one loaded comes with a later page. */
export function changed(roster: Roster, page: MembersResult): Roster {
  const now = new Map(roster.members.map((member) => [member.user_id, member]));
  for (const id of page.left) now.delete(id);
  const last = roster.members.at(-1)?.user_id ?? "";
  for (const member of page.members) {
    if (roster.cursor === "" || member.user_id <= last) now.set(member.user_id, member);
  }
  const members = [...now.values()].sort((one, other) => (one.user_id < other.user_id ? -1 : 1));
  return { ...roster, members, version: page.version };
}
