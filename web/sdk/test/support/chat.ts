import { ParlorError } from "../../src/errors";
import type { Ask } from "../../src/ask";
import { applyToState, withoutContent } from "../../src/applying/to_state";
import { counts } from "../../src/log";
import { Happening } from "../../src/observable";
import type {
  Change, ConversationView, Event, EventKind, HelloResult, MessageState, Methods, SelfEntry, SelfKind, User,
} from "../../src/protocol";
import { helloResult } from "./fake_socket";

export const ANN: User = { id: "1", name: "ann", display_name: "Ann", avatar: "" };
export const BOB: User = { id: "2", name: "bob", display_name: "Bob", avatar: "" };

/** A row with everything that tests do not care about. */
export function view(row: Partial<ConversationView> & { id: string }): ConversationView {
  return {
    kind: "direct",
    title: "",
    last_seq: 0,
    read_seq: 0,
    unread: 0,
    active_at: 0,
    last_event: null,
    peer: BOB.id,
    member_count: 2,
    role: "member",
    history_from: 0,
    muted_until: 0,
    settings: {},
    announcement: "",
    avatar: "",
    dissolved: false,
    pinned: false,
    notify: "all",
    hidden: false,
    unread_mark: false,
    peer_read_seq: 0,
    peer_delivered_seq: 0,
    mentioned_seq: 0,
    ...row,
  };
}

export function message(conversation: string, seq: number, sender: string, clientId = `c${seq}`): Event {
  return {
    conversation_id: conversation,
    seq,
    id: `${conversation}-${seq}`,
    kind: "message",
    sender,
    sent_at: 1_000 + seq,
    client_id: clientId,
    text: `message ${seq}`,
  };
}

/** What the server holds, as far as ANN sees it: logs, read positions, idempotent sends. */
export class Chat {
  readonly logs = new Map<string, Event[]>();
  readonly readSeqs = new Map<string, number>();
  readonly own = new Map<string, SelfEntry>();
  ownSeq = 0;
  /** Entries that this device asked for; the server knows them by their device. */
  private readonly draftsFromHere = new Set<number>();
  /** Entries before this number are not told any more. */
  ownFloor = 0;
  /** What is pushed to all devices of ANN. */
  readonly events = new Happening<Event>();
  readonly entries = new Happening<SelfEntry>();
  readonly asked: { method: string; params: unknown }[] = [];
  online = true;
  /** Thrown by the next requests of a method, in order. */
  readonly refusals = new Map<string, ParlorError[]>();

  /** Answers from what the server holds at the moment of asking. */
  readonly ask: Ask = async (method, params) => {
    this.asked.push({ method, params });
    if (!this.online) throw new ParlorError("offline", "", true);
    const refusal = this.refusals.get(method)?.shift();
    if (refusal) throw refusal;
    const handler = this.handlers[method] as ((params: unknown) => unknown) | undefined;
    if (!handler) throw new ParlorError("unknown_method", method);
    return handler(params) as never;
  };

  hello(hello: Partial<HelloResult> = {}): HelloResult {
    return helloResult({ user: ANN, ...hello });
  }

  log(id: string): Event[] {
    let log = this.logs.get(id);
    if (!log) this.logs.set(id, (log = []));
    return log;
  }

  append(id: string, sender: string, clientId?: string): Event {
    const log = this.log(id);
    const event = message(id, log.length + 1, sender, clientId ?? `${id}/${log.length + 1}`);
    log.push(event);
    return event;
  }

  /** An act of somebody: stored in the log, and pushed. */
  act(id: string, sender: string, kind: EventKind, what: Partial<Event> = {}): Event {
    const known = this.log(id).find((event) => event.sender === sender && event.client_id === what.client_id);
    if (known && what.client_id) return known;
    const log = this.log(id);
    const seq = log.length + 1;
    const { text: _text, ...plain } = message(id, seq, sender, `${id}/${seq}`);
    const event: Event = { ...plain, kind, ...what };
    log.push(event);
    const target = kind === "recall" ? log[(what.target ?? 0) - 1] : undefined;
    if (target) log[target.seq - 1] = withoutContent(target);
    this.events.emit(event);
    return event;
  }

  state(id: string, seq: number): MessageState | undefined {
    let state: MessageState | undefined;
    for (const event of this.log(id)) if (event.target === seq) state = applyToState(state, event, ANN.id);
    return state;
  }

  states(id: string, events: readonly Event[]): MessageState[] {
    return events.flatMap((event) => this.state(id, event.seq) ?? []);
  }

  put(key: string, kind: SelfKind, value: unknown): SelfEntry {
    const body = value === null ? null : JSON.stringify(value);
    const entry: SelfEntry = { key, kind, seq: ++this.ownSeq, body, at_ms: 1 };
    this.own.set(key, entry);
    this.entries.emit(entry);
    return entry;
  }

  ownAfter(after: number): Methods["self.list"]["result"] {
    const reset = after > 0 && after < this.ownFloor;
    const from = reset ? 0 : after;
    const entries = [...this.own.values()].filter((entry) => entry.seq > from).sort((one, other) => one.seq - other.seq);
    return { entries, last_seq: this.ownSeq, cursor: "", reset };
  }

  fill(id: string, count: number, sender = BOB.id): void {
    for (let seq = 0; seq < count; seq += 1) this.append(id, sender);
  }

  unread(id: string): number {
    const read = this.readSeqs.get(id) ?? 0;
    return Math.min(1000, this.log(id).filter((event) => event.seq > read && counts(event, ANN.id)).length);
  }

  row(id: string): ConversationView {
    const last = this.log(id).at(-1) ?? null;
    return view({
      id,
      last_seq: last?.seq ?? 0,
      read_seq: this.readSeqs.get(id) ?? 0,
      unread: this.unread(id),
      active_at: last?.sent_at ?? 0,
      last_event: last,
      ...this.arranged(id),
    });
  }

  private arranged(id: string): Partial<ConversationView> {
    const body = this.own.get(`c:${id}`)?.body;
    if (!body) return {};
    const { hidden_seq = 0, read_seq: _read, ...own } = JSON.parse(body) as Record<string, never>;
    return { ...own, hidden: hidden_seq > 0 && hidden_seq >= this.log(id).length };
  }

  private arrange(id: string, change: Record<string, unknown>): SelfEntry {
    const body = this.own.get(`c:${id}`)?.body;
    return this.put(`c:${id}`, "conversation", { ...(body ? JSON.parse(body) : {}), ...change });
  }

  /** As the server does: what follows what the device has, a few of what is new to it. */
  private change(id: string, have: number | undefined): Change | null {
    const log = this.log(id);
    if (have !== undefined && have >= log.length) return null;
    const after = have ?? Math.max(0, log.length - 20);
    const events = log.slice(after, after + 50);
    const upto = after + events.length;
    const states = this.states(id, events);
    return { conversation: this.row(id), upto, events, states, more: upto < log.length, reset: false };
  }

  count(method: keyof Methods): number {
    return this.asked.filter((one) => one.method === method).length;
  }

  private acted(id: string, kind: EventKind, what: Partial<Event>): Methods["message.edit"]["result"] {
    const before = this.log(id).length;
    const event = this.act(id, ANN.id, kind, what);
    return { event, created: this.log(id).length > before };
  }

  private readonly handlers: { [M in keyof Methods]?: (params: Methods[M]["params"]) => Methods[M]["result"] } = {
    "sync.changes": ({ have = {}, self_seq = 0, cursor = "" }) => {
      const rows = [...this.logs.keys()].map((id) => this.row(id));
      rows.sort((one, other) => other.active_at - one.active_at || (one.id < other.id ? 1 : -1));
      const changed = rows.slice(Number(cursor)).flatMap(({ id }) => this.change(id, have[id]) ?? []);
      const changes = changed.slice(0, 50);
      const last = changes.at(-1)?.conversation.id;
      const next = rows.findIndex((row) => row.id === last) + 1;
      const gone = cursor === "" ? Object.keys(have).filter((id) => !this.logs.has(id)) : [];
      return {
        changes,
        own: this.ownAfter(self_seq),
        cursor: changed.length > changes.length ? String(next) : "",
        gone,
        users: [],
      };
    },
    "self.list": ({ after = 0 }) => this.ownAfter(after),
    "conversation.get": ({ conversation_id }) => ({ conversation: this.row(conversation_id), created: false }),
    "events.list": ({ conversation_id, after = null, before = null, limit = 50 }) => {
      const log = this.log(conversation_id);
      const last_seq = log.length;
      if (after !== null) {
        const upto = before === null ? last_seq : before - 1;
        const events = log.slice(after, Math.min(upto, after + limit));
        return { events, last_seq, more: after + events.length < upto, states: this.states(conversation_id, events) };
      }
      const end = before === null ? last_seq : before - 1;
      const start = Math.max(0, end - limit);
      const events = log.slice(start, end);
      return { events, last_seq, more: start > 0, states: this.states(conversation_id, events) };
    },
    "message.send": ({ conversation_id, client_id, text }) => {
      const known = this.log(conversation_id).find(
        (event) => event.client_id === client_id && event.sender === ANN.id,
      );
      if (known) return { event: known, created: false };
      const event = this.append(conversation_id, ANN.id, client_id);
      event.text = text;
      this.events.emit(event);
      return { event, created: true };
    },
    "read.set": ({ conversation_id, seq }) => {
      const read_seq = Math.max(this.readSeqs.get(conversation_id) ?? 0, seq);
      this.readSeqs.set(conversation_id, read_seq);
      this.arrange(conversation_id, { read_seq, unread_mark: false });
      return { read_seq, unread: this.unread(conversation_id) };
    },
    "message.edit": ({ conversation_id, seq, client_id, text }) =>
      this.acted(conversation_id, "edit", { client_id, target: seq, text }),
    "message.recall": ({ conversation_id, seq, client_id }) =>
      this.acted(conversation_id, "recall", { client_id, target: seq }),
    "message.react": ({ conversation_id, seq, client_id, emoji, off = false }) =>
      this.acted(conversation_id, "reaction", { client_id, target: seq, emoji, off }),
    "conversation.set": ({ conversation_id, hidden, ...own }) => {
      const hidden_seq = hidden ? this.log(conversation_id).length : 0;
      return { entry: this.arrange(conversation_id, { ...own, ...(hidden == null ? {} : { hidden_seq }) }) };
    },
    "draft.set": ({ conversation_id, text, reply_to = 0, seen = null }) => {
      const key = `d:${conversation_id}`;
      const there = this.own.get(key);
      const newer = seen !== null && (there?.seq ?? 0) > seen && !this.draftsFromHere.has(there!.seq);
      if (!text && !reply_to && there && newer) return { entry: there };
      this.draftsFromHere.add(this.ownSeq + 1);
      return { entry: this.put(key, "draft", text || reply_to ? { text, reply_to } : null) };
    },
    "setting.set": ({ name, value }) => ({
      entry: this.put(`s:${name}`, "setting", value === null ? null : JSON.parse(value)),
    }),
    "star.set": ({ conversation_id, seq, on = true }) => ({
      entry: this.put(`m:${conversation_id}:${seq}`, "star", on ? { conversation_id, seq } : null),
    }),
    "contact.request": ({ user, text = "" }) => {
      const contact = { user_id: user, state: "asked" as const, remark: "", tags: [], text, at: 1 };
      this.put(`r:${user}`, "request", contact);
      return { contact };
    },
    "users.get": ({ ids }) => ({ users: [ANN, BOB].filter((user) => ids.includes(user.id)), cursor: "" }),
    "users.find": ({ query }) => ({ users: [BOB].filter((user) => user.name.startsWith(query)), cursor: "" }),
    "me.update": ({ display_name }) => ({ user: { ...ANN, display_name: display_name ?? ANN.display_name } }),
    "conversation.create": ({ kind, members, title = "" }) => {
      const id = `new-${members.join("-")}`;
      this.append(id, ANN.id);
      return { conversation: { ...this.row(id), kind, title }, created: true };
    },
  };
}
