/** The contact list as it is drawn: by letter, filtered by what is typed and by a tag. */
import type { User } from "@parlor/sdk";
import { computed, type Ref } from "vue";

import { byLetter } from "@/logic/letters";
import { personName } from "@/logic/names";
import { parlor, useLookup, useReadable } from "@/sdk";

export function useContacts(query: Ref<string>, tag: Ref<string>) {
  const kept = useReadable(parlor.people.contacts);
  const conversations = useReadable(parlor.store.conversations);
  const users = useReadable(parlor.store.users);
  const lookup = useLookup();

  const contacts = computed(() => [...kept.value.keys()].map(lookup).filter(isKnown));
  const words = computed(() => query.value.trim().toLocaleLowerCase());

  /** Their own name counts as well as the remark and the tags. */
  function matches(user: User): boolean {
    const { tags = [] } = kept.value.get(user.id) ?? {};
    if (tag.value !== "" && !tags.includes(tag.value)) return false;
    const names = [user.display_name, user.name, users.value.get(user.id)?.display_name ?? "", ...tags];
    return user.id === words.value || names.some((name) => name.toLocaleLowerCase().includes(words.value));
  }

  const sections = computed(() => byLetter(contacts.value.filter(matches), personName));
  /** Written with, and no contacts. */
  const others = computed(() => {
    const peers = conversations.value.rows.map(({ peer }) => peer).filter((peer) => peer !== null && !kept.value.has(peer));
    return byLetter(peers.map((peer) => lookup(peer!)).filter(isKnown), personName).flatMap(({ people }) => people);
  });
  const tags = computed(() => [...new Set([...kept.value.values()].flatMap((contact) => contact.tags))].sort());
  return { contacts, sections, others, tags };
}

function isKnown(user: User | undefined): user is User {
  return user !== undefined;
}
