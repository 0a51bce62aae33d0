/** The members of a group while somebody looks at them: loaded page by page, kept up to date, searched. */
import type { ConversationView, EventKind, Member } from "@parlor/sdk";
import { watchDebounced } from "@vueuse/core";
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";

import { personName } from "@/logic/names";
import { sayProblem } from "@/logic/problems";
import { ROLES } from "@/logic/group_rights";
import { changed, firstPage, NOBODY, nextPage } from "@/logic/roster";
import { parlor, useLookup, useReadable } from "@/sdk";

const ABOUT_MEMBERS: ReadonlySet<EventKind> = new Set<EventKind>(["joined", "left", "role", "mute"]);
const PAUSE_MS = 180;
/** More than these are not sorted anew whenever a name comes in. */
const MOST_SORTED = 1_000;

export function useRoster(conversation: () => ConversationView, query: Ref<string>) {
  const lookup = useLookup();
  const thread = useReadable(parlor.store.thread(conversation().id));
  const roster = shallowRef(NOBODY);
  const found = shallowRef<{ members: readonly Member[]; cursor: string } | null>(null);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const problem = ref("");
  let asking = false;
  let asked = 0;

  const words = computed(() => query.value.trim());
  const more = computed(() => (words.value === "" ? roster.value.cursor : (found.value?.cursor ?? "")) !== "");
  /** By role and name where all of a few are here; else in the order of their pages. */
  const members = computed(() => {
    if (words.value !== "") return found.value?.members ?? [];
    const { members: loaded, cursor } = roster.value;
    return cursor === "" && loaded.length <= MOST_SORTED ? [...loaded].sort(inOrder) : loaded;
  });

  function inOrder(one: Member, other: Member): number {
    const name = (member: Member): string => personName(lookup(member.user_id));
    return ROLES.indexOf(other.role) - ROLES.indexOf(one.role) || name(one).localeCompare(name(other));
  }

  async function page(how: { cursor?: string; query?: string; version?: number }) {
    const answer = await parlor.groups.members(conversation().id, how);
    parlor.store.takeUsers(answer.users);
    return answer;
  }

  async function attempt(doing: () => Promise<void>): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      await doing();
      state.value = "ready";
    } catch (refused) {
      problem.value = sayProblem(refused);
      state.value = "failed";
    } finally {
      asking = false;
    }
  }

  function load(): Promise<void> {
    state.value = "loading";
    return attempt(async () => void (roster.value = firstPage(await page({}))));
  }

  function loadMore(): Promise<void> {
    if (!more.value) return Promise.resolve();
    return attempt(async () => {
      if (words.value === "") roster.value = nextPage(roster.value, await page({ cursor: roster.value.cursor }));
      else await search(found.value?.cursor);
    });
  }

  async function search(cursor = ""): Promise<void> {
    const mine = ++asked;
    const before = cursor === "" ? [] : (found.value?.members ?? []);
    const answer = await page({ query: words.value, cursor });
    if (mine === asked) found.value = { members: [...before, ...answer.members], cursor: answer.cursor };
  }

  async function lookFor(): Promise<void> {
    if (words.value === "") return;
    try {
      await search();
    } catch (refused) {
      problem.value = sayProblem(refused);
      found.value = { members: [], cursor: "" };
      state.value = "failed";
    }
  }

  /** What has changed since, in as many pages as it takes. */
  async function refresh(): Promise<void> {
    if (state.value !== "ready") return load();
    try {
      let cursor = "";
      do {
        const answer = await page({ version: roster.value.version, cursor });
        cursor = answer.cursor;
        const { version } = roster.value;
        roster.value = { ...changed(roster.value, answer), ...(cursor === "" ? {} : { version }) };
      } while (cursor !== "");
      if (words.value !== "") await search();
    } catch {
      // The next event or hello comes here again; what is shown is what was so a moment ago.
    }
  }

  const newest = computed(() => thread.value.latest.findLast((event) => ABOUT_MEMBERS.has(event.kind))?.seq ?? 0);
  watchDebounced(newest, refresh, { debounce: PAUSE_MS });
  watch(words, () => (asked++, (found.value = null)));
  watchDebounced(words, lookFor, { debounce: PAUSE_MS });
  onScopeDispose(parlor.link.greeted.on(() => void refresh()));
  void load();

  return { members, more, state, problem, load, loadMore, searching: computed(() => words.value !== "" && found.value === null) };
}
