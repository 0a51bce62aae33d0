import type { OutgoingMessage } from "./outbox";
import type { Event } from "./protocol";

/** One key for a message from sending to stored, so that a list does not draw it anew. */
export function eventKey(entry: Event | OutgoingMessage): string {
  if (entry.client_id) return `${entry.sender}:${entry.client_id}`;
  return "id" in entry ? entry.id : "";
}
