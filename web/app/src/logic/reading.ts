/**
 * What a person has seen of a conversation, and what is left below: counted in what is loaded, and
 * for what is not, by what the server counts. Pure.
 */
import type { ConversationView, Event, ThreadView } from "@parlor/sdk";

import type { Row } from "./thread_rows";

type Loaded = Pick<ThreadView, "events" | "more" | "newer">;
type Counts = Pick<ConversationView, "read_seq" | "unread" | "mentioned_seq">;

export interface Below {
  /** Messages of others that were not seen. */
  count: number;
  /** Those of them that name this person, oldest first, as far as they are known. */
  named: readonly number[];
}

/** `named` has none up to `jumpedTo`, the last one that was gone to. */
export function below(view: Loaded, row: Counts, me: string, seen: number, jumpedTo: number, now: number): Below {
  const after = Math.max(seen, row.read_seq);
  const named: number[] = [];
  let [here, seenHere] = [0, 0];
  for (let index = view.events.length - 1; index >= 0; index--) {
    const event = view.events[index]!;
    if (event.seq <= row.read_seq) break;
    if (!isNews(event, me, now)) continue;
    if (event.seq <= after) {
      seenHere++;
      continue;
    }
    here++;
    if (event.seq > jumpedTo && namesMe(event, me)) named.unshift(event.seq);
  }
  const first = view.events[0]?.seq ?? 0;
  const last = view.events.at(-1)?.seq ?? 0;
  // The first of them may be outside of what is loaded: the server says which it is.
  const { mentioned_seq } = row;
  if (mentioned_seq > Math.max(row.read_seq, jumpedTo) && (mentioned_seq < first || (view.newer && mentioned_seq > last))) {
    named.push(mentioned_seq);
    named.sort((one, other) => one - other);
  }
  const whole = !view.newer && (first <= after + 1 || !view.more);
  return { count: whole ? here : Math.max(here, row.unread - seenHere), named };
}

/** The seq of the last row up to `index` that is an event; 0 when there is none. */
export function lastSeqUpTo(rows: readonly Row[], index: number): number {
  for (let at = Math.min(index, rows.length - 1); at >= 0; at--) {
    const seq = seqOf(rows[at]);
    if (seq > 0) return seq;
  }
  return 0;
}

/** As `lastSeqUpTo`, downwards from `index`. */
export function firstSeqFrom(rows: readonly Row[], index: number): number {
  for (let at = Math.max(0, index); at < rows.length; at++) {
    const seq = seqOf(rows[at]);
    if (seq > 0) return seq;
  }
  return 0;
}

/**
 * Whether nothing unseen stands above the row at `top`. `whole`: what is loaded goes back to what
 * was seen.
 */
export function followsSeen(rows: readonly Row[], top: number, seen: number, whole: boolean): boolean {
  const above = lastSeqUpTo(rows, top - 1);
  return above === 0 ? whole : above <= seen;
}

function seqOf(row: Row | undefined): number {
  return (row !== undefined && "event" in row && row.event?.seq) || 0;
}

/** An unread message, as the server counts them. */
function isNews(event: Event, me: string, now: number): boolean {
  if (event.expires_at && event.expires_at <= now) return false;
  return event.sender !== me && event.kind === "message" && (!!event.text || !!event.file || !!event.merged?.length);
}

function namesMe(event: Event, me: string): boolean {
  return !!event.mentions_all || (event.mentions ?? []).includes(me);
}
