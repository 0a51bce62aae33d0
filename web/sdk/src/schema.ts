/** The stores of the database, and how one of an earlier version becomes this one. */
import type { Act } from "./act";

export const VERSION = 2;

/** Name and key of each store. All but `outgoing` are keyed `USER/…`. */
export const KEYS = {
  outgoing: "client_id",
  rows: "key",
  events: "key",
  entries: "key",
  users: "key",
  marks: "key",
} as const;

/** Version 1 kept messages on their way out, and drafts that no other device knew. */
interface MessageOf1 {
  client_id: string;
  user: string;
  tab: string;
  message: {
    conversation_id: string;
    text: string;
    reply_to: number;
    mentions: readonly string[];
    created_at: number;
    state: "sending" | "failed";
    error: Act["error"];
  };
}

interface DraftOf1 {
  key: string;
  user: string;
  conversation: string;
  text: string;
}

/** Within the transaction of the upgrade; nothing that a person has written is lost. */
export function upgrade(database: IDBDatabase, transaction: IDBTransaction, from: number): void {
  for (const [name, keyPath] of Object.entries(KEYS)) {
    if (!database.objectStoreNames.contains(name)) database.createObjectStore(name, { keyPath });
  }
  if (from !== 1) return;
  const outgoing = transaction.objectStore("outgoing");
  const messages = outgoing.getAll();
  messages.onsuccess = () => {
    for (const kept of messages.result as MessageOf1[]) outgoing.put(messageAct(kept));
  };
  const drafts = transaction.objectStore("drafts").getAll();
  drafts.onsuccess = () => {
    for (const kept of drafts.result as DraftOf1[]) outgoing.put(draftAct(kept));
    database.deleteObjectStore("drafts");
  };
}

function messageAct({ client_id, user, tab, message }: MessageOf1): Act<"message.send"> {
  const { conversation_id, text, reply_to, mentions, created_at, state, error } = message;
  return {
    client_id,
    user,
    tab,
    lane: conversation_id,
    slot: "",
    method: "message.send",
    params: { conversation_id, client_id, text, reply_to, mentions },
    made_at: created_at,
    order: created_at,
    state: state === "failed" ? "refused" : "waiting",
    error,
  };
}

function draftAct({ key, user, conversation, text }: DraftOf1): Act<"draft.set"> {
  return {
    client_id: `draft/${key}`,
    user,
    tab: "",
    lane: `draft/${conversation}`,
    slot: `draft/${conversation}`,
    method: "draft.set",
    params: { conversation_id: conversation, text },
    made_at: 0,
    order: 0,
    state: "waiting",
    error: null,
  };
}
