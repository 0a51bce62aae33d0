/**
 * A thread as the rows that a virtual list draws: day separators, the line of new messages, messages
 * in groups, and lines about what happened.
 *
 * Pure. Appending to a long thread costs what is new: `extend` reuses rows of events already seen.
 */
import { isAboutMessage, type Event, type OutgoingMessage } from "@parlor/sdk";

export const GROUP_MS = 5 * 60_000;

export interface DayRow {
  kind: "day";
  key: string;
  at: number;
}

export interface NewRow {
  kind: "new";
  key: string;
}

export interface MessageRow {
  kind: "message";
  key: string;
  at: number;
  sender: string;
  own: boolean;
  /** First of its group: has the name and the picture. */
  first: boolean;
  event: Event | null;
  outgoing: OutgoingMessage | null;
}

/** A call, or a line such as "Ada created the group". */
export interface HappeningRow {
  kind: "happening";
  key: string;
  at: number;
  event: Event;
}

export type Row = DayRow | NewRow | MessageRow | HappeningRow;

export interface Reader {
  me: string;
  /** The new-messages line stands after this seq; null when there is none. */
  lineAfter: number | null;
  /** Nothing is before the first event. */
  begun?: boolean;
  /** Of two people: that it was begun is no line. */
  direct?: boolean;
  keyOf: (message: Event | OutgoingMessage) => string;
}

export interface Rows {
  rows: readonly Row[];
  /** Rows made of `events`; those of `outgoing` follow. */
  settled: number;
  /** The line of new messages is among them. */
  lined: boolean;
  /** The line would be among them: it is not, where the events begin after it. */
  lineIsHere: boolean;
  events: readonly Event[];
  reader: Reader;
}

export function threadRows(
  events: readonly Event[],
  outgoing: readonly OutgoingMessage[],
  reader: Reader,
  before: Rows | null = null,
): Rows {
  const lineIsHere = holdsLine(events, reader);
  const grown = before !== null && before.lineIsHere === lineIsHere && isGrown(before, events, reader);
  const rows: Row[] = grown ? before.rows.slice(0, before.settled) : [];
  const from = grown ? before.events.length : 0;
  let lined = grown && before.lined;
  for (let index = from; index < events.length; index++) {
    const event = events[index]!;
    // What is about a message is drawn as a part of it; a pin moves it above all, which is told.
    if (isAboutMessage(event) && event.kind !== "pin") continue;
    if (reader.direct === true && event.kind === "created") continue;
    const line = !lined && lineIsHere && event.seq > (reader.lineAfter ?? 0) && event.sender !== reader.me;
    addEvent(rows, event, reader, line);
    lined ||= line;
  }
  const settled = rows.length;
  for (const message of outgoing) addOutgoing(rows, message, reader);
  return { rows, settled, lined, lineIsHere, events, reader };
}

/** Whether what stands before the line is here, too, or is nothing. */
export function holdsLine(events: readonly Event[], { lineAfter, begun }: Pick<Reader, "lineAfter" | "begun">): boolean {
  return lineAfter !== null && (begun === true || (events[0]?.seq ?? 0) <= lineAfter + 1);
}

/** Whether `events` are another part of the log than `before`, which they do not touch. */
export function isElsewhere(events: readonly Event[], before: readonly Event[]): boolean {
  const [first, last] = [events[0]?.seq, events.at(-1)?.seq];
  const [firstBefore, lastBefore] = [before[0]?.seq, before.at(-1)?.seq];
  if (first === undefined || last === undefined || firstBefore === undefined || lastBefore === undefined) return false;
  return first > lastBefore + 1 || last < firstBefore - 1;
}

function isGrown(before: Rows, events: readonly Event[], reader: Reader): boolean {
  const seen = before.events.length;
  return (
    seen > 0 &&
    events.length >= seen &&
    events[0] === before.events[0] &&
    events[seen - 1] === before.events[seen - 1] &&
    before.reader.me === reader.me &&
    before.reader.lineAfter === reader.lineAfter
  );
}

/** `line`: the line of new messages stands before it; only ever before somebody else's. */
function addEvent(rows: Row[], event: Event, reader: Reader, line: boolean): void {
  addDay(rows, event.sent_at);
  if (line) rows.push({ kind: "new", key: "new" });
  if (event.kind !== "message") {
    rows.push({ kind: "happening", key: reader.keyOf(event), at: event.sent_at, event });
    return;
  }
  addMessage(rows, reader, event.sender, event.sent_at, reader.keyOf(event), event, null);
}

function addOutgoing(rows: Row[], message: OutgoingMessage, reader: Reader): void {
  addDay(rows, message.created_at);
  addMessage(rows, reader, reader.me, message.created_at, reader.keyOf(message), null, message);
}

function addMessage(
  rows: Row[],
  reader: Reader,
  sender: string,
  at: number,
  key: string,
  event: Event | null,
  outgoing: OutgoingMessage | null,
): void {
  const last = rows.at(-1);
  const follows = last?.kind === "message" && last.sender === sender && at - groupStart(rows) < GROUP_MS;
  rows.push({ kind: "message", key, at, sender, own: sender === reader.me, first: !follows, event, outgoing });
}

/** When the group that ends the rows began: five minutes count from there, so a group has an end. */
function groupStart(rows: readonly Row[]): number {
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index]!;
    if (row.kind === "message" && row.first) return row.at;
  }
  return 0;
}

function addDay(rows: Row[], at: number): void {
  const last = rows.findLast((row): row is Exclude<Row, NewRow> => row.kind !== "new");
  if (last === undefined || !sameDay(last.at, at)) rows.push({ kind: "day", key: `day-${dayKey(at)}`, at });
}

export function sameDay(a: number, b: number): boolean {
  return dayKey(a) === dayKey(b);
}

function dayKey(at: number): string {
  const day = new Date(at);
  return `${day.getFullYear()}-${day.getMonth()}-${day.getDate()}`;
}
