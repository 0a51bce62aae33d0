/** The one SDK client of this page, and how a component watches what the SDK keeps. */
import { Parlor, type Readable, type User } from "@parlor/sdk";
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";

export const parlor = new Parlor();

/** `readable` as a ref for as long as the component or scope lives. */
export function useReadable<T>(readable: Readable<T>): Readonly<ShallowRef<T>> {
  const value = shallowRef(readable.get());
  onScopeDispose(readable.subscribe((next) => (value.value = next)));
  // Not readonly(value): that hands out proxies on which the SDK's objects cannot change themselves.
  return value;
}

/** Like `useReadable` for one that changes with what `pick` reads. `nothing` while it picks none. */
export function usePicked<T, N>(pick: () => Readable<T> | null, nothing: N): Readonly<ShallowRef<T | N>> {
  const value = shallowRef<T | N>(nothing);
  let stop: (() => void) | null = null;
  watch(
    pick,
    (readable) => {
      stop?.();
      stop = readable?.subscribe((next) => (value.value = next)) ?? null;
      value.value = readable === null ? nothing : readable.get();
    },
    { immediate: true, flush: "sync" },
  );
  onScopeDispose(() => stop?.());
  return value;
}

/**
 * People by id while rendering, called as this person calls them: unknown ones are fetched, and the
 * view is drawn again when they came.
 */
export function useLookup(): (id: string) => User | undefined {
  const users = useReadable(parlor.store.users);
  const contacts = useReadable(parlor.people.contacts);
  return (id) => named(users.value.get(id) ?? parlor.store.user(id), contacts.value.get(id)?.remark);
}

/** As `useLookup` does, once and now: for what is said outside of the page. */
export function lookupNow(id: string): User | undefined {
  return named(parlor.store.user(id), parlor.people.contacts.get().get(id)?.remark);
}

const renamed = new WeakMap<User, User>();

/** The same object for the same name, so that nothing is drawn anew for it. */
function named(user: User | undefined, remark: string | undefined): User | undefined {
  if (user === undefined || !remark) return user;
  const before = renamed.get(user);
  if (before?.display_name === remark) return before;
  const after = { ...user, display_name: remark };
  renamed.set(user, after);
  return after;
}
