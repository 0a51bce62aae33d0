/** What acts that are not answered yet will make of one's own entries, if they are taken. Pure. */
import { isAct, type Act } from "../act";
import type { Contact, MethodName, SelfEntry, SelfKind } from "../protocol";

const METHODS: ReadonlySet<MethodName> = new Set<MethodName>([
  "draft.set", "setting.set", "star.set", "block.set",
  "contact.request", "contact.decide", "contact.update", "contact.remove",
]);

export type Entries = ReadonlyMap<string, SelfEntry>;

/** `entries` by key, with what `acts` will put there. Entries that are gone have a null body. */
export function pendingEntries(entries: Entries, acts: readonly Act[]): Entries {
  let after: Map<string, SelfEntry> | null = null;
  for (const act of acts) {
    if (act.state !== "waiting") continue;
    for (const { key, kind, value } of changesOf(act, after ?? entries)) {
      after ??= new Map(entries);
      const body = value === null ? null : JSON.stringify(value);
      after.set(key, { key, kind, seq: after.get(key)?.seq ?? 0, body, at_ms: act.made_at });
    }
  }
  return after ?? entries;
}

/** Whether an act changes one's own log. */
export function touchesOwn(act: Act): boolean {
  return METHODS.has(act.method);
}

/** The body of an entry as its kind's shape; undefined when there is none. */
export function bodyOf<T>(entry: SelfEntry | undefined): T | undefined {
  return entry?.body == null ? undefined : (JSON.parse(entry.body) as T);
}

interface Change {
  key: string;
  kind: SelfKind;
  value: unknown;
}

function changesOf(act: Act, entries: Entries): Change[] {
  if (isAct(act, "draft.set")) {
    const { conversation_id, text, reply_to = 0 } = act.params;
    const value = text || reply_to ? { text, reply_to } : null;
    return [{ key: `d:${conversation_id}`, kind: "draft", value }];
  }
  if (isAct(act, "setting.set")) {
    const { name, value } = act.params;
    return [{ key: `s:${name}`, kind: "setting", value: value === null ? null : JSON.parse(value) }];
  }
  if (isAct(act, "star.set")) {
    const { conversation_id, seq, on = true } = act.params;
    return [{ key: `m:${conversation_id}:${seq}`, kind: "star", value: on ? { conversation_id, seq } : null }];
  }
  if (isAct(act, "block.set")) {
    const { user, on } = act.params;
    return [{ key: `b:${user}`, kind: "block", value: on ? { user_id: user, at: act.made_at } : null }];
  }
  return contactChanges(act, entries);
}

function contactChanges(act: Act, entries: Entries): Change[] {
  const [contact, request] = [
    (user: string, value: Contact | null): Change => ({ key: `k:${user}`, kind: "contact", value }),
    (user: string, value: Contact | null): Change => ({ key: `r:${user}`, kind: "request", value }),
  ];
  if (isAct(act, "contact.request")) {
    const { user, text = "" } = act.params;
    // Who asks already is agreed with.
    if (bodyOf<Contact>(entries.get(`r:${user}`))?.state === "asks") {
      return [request(user, null), contact(user, newContact(user, "contact", act))];
    }
    return [request(user, { ...newContact(user, "asked", act), text })];
  }
  if (isAct(act, "contact.decide")) {
    const { user, accept } = act.params;
    return accept
      ? [request(user, null), contact(user, newContact(user, "contact", act))]
      : [request(user, null)];
  }
  if (isAct(act, "contact.update")) {
    const { user, remark, tags } = act.params;
    const before = bodyOf<Contact>(entries.get(`k:${user}`));
    if (before === undefined) return [];
    return [contact(user, { ...before, remark: remark ?? before.remark, tags: tags ?? before.tags })];
  }
  if (isAct(act, "contact.remove")) {
    const { user } = act.params;
    return entries.get(`k:${user}`)?.body == null ? [request(user, null)] : [contact(user, null)];
  }
  return [];
}

function newContact(user: string, state: Contact["state"], act: Act): Contact {
  return { user_id: user, state, remark: "", tags: [], text: "", at: act.made_at };
}
