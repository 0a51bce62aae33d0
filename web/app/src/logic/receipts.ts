/** How far one's own message came. Pure. */
import type { ConversationView, Event, OutgoingMessage } from "@parlor/sdk";

export type ReceiptState = "sending" | "failed" | "sent" | "delivered" | "read";

/** Beyond "sent" only in a direct conversation: in a group there is more to say than one word. */
export function receiptOf(
  event: Pick<Event, "seq"> | null,
  outgoing: Pick<OutgoingMessage, "state"> | null,
  conversation: Pick<ConversationView, "kind" | "peer_read_seq" | "peer_delivered_seq">,
): ReceiptState {
  if (event === null) return outgoing?.state ?? "sent";
  if (conversation.kind === "group") return "sent";
  if (event.seq <= conversation.peer_read_seq) return "read";
  return event.seq <= conversation.peer_delivered_seq ? "delivered" : "sent";
}
