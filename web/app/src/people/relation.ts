/** What a person is to whoever is signed in, as it stands now: from the own log, also without a network. */
import { computed, type ComputedRef } from "vue";

import { parlor, useReadable } from "@/sdk";

/** `asked`: this person was asked. `asks`: this person asks. */
export type Relation = "self" | "none" | "asked" | "asks" | "contact";

export interface Standing {
  relation: Relation;
  blocked: boolean;
  remark: string;
  tags: readonly string[];
  /** The greeting of a request. */
  greeting: string;
}

export function useRelation(id: () => string): ComputedRef<Standing> {
  const me = useReadable(parlor.store.me);
  const contacts = useReadable(parlor.people.contacts);
  const requests = useReadable(parlor.people.requests);
  const blocked = useReadable(parlor.people.blocked);
  return computed(() => {
    const user = id();
    const contact = contacts.value.get(user);
    const request = requests.value.get(user);
    return {
      relation: user === me.value?.id ? "self" : contact ? "contact" : relationOf(request?.state),
      blocked: blocked.value.has(user),
      remark: contact?.remark ?? "",
      tags: contact?.tags ?? [],
      greeting: request?.text ?? "",
    };
  });
}

function relationOf(state: string | undefined): Relation {
  return state === "asked" || state === "asks" ? state : "none";
}

/** How many people wait for an answer. */
export function useWaiting(): ComputedRef<number> {
  const requests = useReadable(parlor.people.requests);
  return computed(() => [...requests.value.values()].filter(({ state }) => state === "asks").length);
}
