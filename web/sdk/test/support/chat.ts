import { ParlorError } from "../../src/errors";
import type { Ask } from "../../src/ask";
import type { ConversationView, Event, HelloResult, Methods, User } from "../../src/protocol";
import { helloResult } from "./fake_socket";

export const ANN: User = { id: "1", name: "ann", display_name: "Ann" };
export const BOB: User = { id: "2", name: "bob", display_name: "Bob" };

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

  fill(id: string, count: number, sender = BOB.id): void {
    for (let seq = 0; seq < count; seq += 1) this.append(id, sender);
  }

  unread(id: string): number {
    const read = this.readSeqs.get(id) ?? 0;
    return Math.min(1000, this.log(id).filter((event) => event.seq > read && event.sender !== ANN.id).length);
  }

  row(id: string): ConversationView {
    const last = this.log(id).at(-1) ?? null;
    return {
      id,
      kind: "direct",
      title: "",
      last_seq: last?.seq ?? 0,
      read_seq: this.readSeqs.get(id) ?? 0,
      unread: this.unread(id),
      active_at: last?.sent_at ?? 0,
      last_event: last,
      peer: BOB.id,
      member_count: 2,
    };
  }

  count(method: keyof Methods): number {
    return this.asked.filter((one) => one.method === method).length;
  }

  private readonly handlers: { [M in keyof Methods]?: (params: Methods[M]["params"]) => Methods[M]["result"] } = {
    "conversation.list": ({ cursor = "", limit = 50 }) => {
      const rows = [...this.logs.keys()].map((id) => this.row(id));
      rows.sort((one, other) => other.active_at - one.active_at || (one.id < other.id ? 1 : -1));
      const from = Number(cursor);
      const more = from + limit < rows.length;
      return { conversations: rows.slice(from, from + limit), cursor: more ? String(from + limit) : "" };
    },
    "conversation.get": ({ conversation_id }) => ({ conversation: this.row(conversation_id), created: false }),
    "events.list": ({ conversation_id, after = null, before = null, limit = 50 }) => {
      const log = this.log(conversation_id);
      const last_seq = log.length;
      if (after !== null) {
        const events = log.slice(after, after + limit);
        return { events, last_seq, more: after + events.length < last_seq, states: [] };
      }
      const end = before === null ? last_seq : before - 1;
      const start = Math.max(0, end - limit);
      return { events: log.slice(start, end), last_seq, more: start > 0, states: [] };
    },
    "message.send": ({ conversation_id, client_id, text }) => {
      const known = this.log(conversation_id).find(
        (event) => event.client_id === client_id && event.sender === ANN.id,
      );
      if (known) return { event: known, created: false };
      const event = this.append(conversation_id, ANN.id, client_id);
      event.text = text;
      return { event, created: true };
    },
    "read.set": ({ conversation_id, seq }) => {
      const read_seq = Math.max(this.readSeqs.get(conversation_id) ?? 0, seq);
      this.readSeqs.set(conversation_id, read_seq);
      return { read_seq, unread: this.unread(conversation_id) };
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
