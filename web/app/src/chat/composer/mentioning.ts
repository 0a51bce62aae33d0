/** Finding members of a group while their name is typed after an @. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { i18n } from "@/i18n";
import { EVERYBODY, askedName, matching, namedIn } from "@/logic/mentions";
import { personName } from "@/logic/names";
import { may } from "@/logic/rights";
import { parlor } from "@/sdk";

import type { Stage } from "../stage";

export interface Candidate {
  id: string;
  name: string;
  account: string;
}

const SHOWN = 8;
const WAIT_MS = 150;

export interface Mentioning {
  people: ComputedRef<readonly Candidate[]>;
  active: Ref<number>;
  /** Know the members of a text that is there already. */
  prepare: () => void;
  /** Look at what is typed before the caret. */
  look: (text: string, caret: number) => void;
  close: () => void;
  /** The text with the name in the place of what was typed of it, and where the caret belongs. */
  take: (text: string, caret: number, one: Candidate) => { text: string; caret: number } | null;
  /** Whom the whole text names. */
  namedIn: (text: string) => { ids: string[]; all: boolean };
}

export function useMentioning(stage: Stage): Mentioning {
  const known: ShallowRef<ReadonlyMap<string, Candidate>> = shallowRef(new Map());
  const asked = ref<string | null>(null);
  const active = ref(0);
  const group = computed(() => stage.conversation.value.kind === "group");
  const mayAll = computed(() => group.value && may(stage.conversation.value, "mention_all"));
  const tried = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const people = computed<readonly Candidate[]>(() => {
    if (asked.value === null || !group.value) return [];
    const others = [...known.value.values()].filter((one) => one.id !== stage.me);
    const all = mayAll.value ? [{ id: "all", name: i18n.global.locale.value === "zh" ? EVERYBODY[1] : EVERYBODY[0], account: "all" }] : [];
    // Last among equals: nobody calls everybody by accident.
    return matching([...others, ...all], asked.value, SHOWN);
  });
  watch(asked, (query) => {
    active.value = 0;
    clearTimeout(timer);
    if (query !== null && group.value) timer = setTimeout(() => void fetch(query), tried.size === 0 ? 0 : WAIT_MS);
  });

  async function fetch(query: string): Promise<void> {
    if (tried.has(query)) return;
    tried.add(query);
    try {
      const page = await parlor.groups.members(stage.id, { query, limit: 50 });
      parlor.store.takeUsers(page.users);
      const found = page.users.map((user) => [user.id, { id: user.id, name: personName(user), account: user.name }] as const);
      known.value = new Map([...known.value, ...found]);
    } catch {
      tried.delete(query); // offline, perhaps: asked again with the next letter
    }
  }

  return {
    people,
    active,
    prepare() {
      if (group.value) void fetch("");
    },
    look(text, caret) {
      if (text.includes("@")) asked.value = askedName(text, caret)?.query ?? null;
      else asked.value = null;
    },
    close() {
      asked.value = null;
    },
    take(text, caret, one) {
      const found = askedName(text, caret);
      asked.value = null;
      if (found === null) return null;
      const named = `${text.slice(0, found.from)}@${one.name} `;
      return { text: named + text.slice(caret).replace(/^ /, ""), caret: named.length };
    },
    namedIn(text) {
      if (!group.value) return { ids: [], all: false };
      return namedIn(text, [...known.value.values()], mayAll.value);
    },
  };
}
