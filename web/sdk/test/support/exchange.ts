import { Calls } from "../../src/calls";
import { surroundings } from "../../src/environment";
import { ParlorError } from "../../src/errors";
import { Happening, Value } from "../../src/observable";
import type { CallView, HelloResult, Methods, Pushes } from "../../src/protocol";
import { MapShelf } from "./browser";
import { helloResult } from "./fake_socket";
import { FakeAir, FakeConnection, FakeMediaDevices, FakeStream } from "./fake_rtc";

/** One tab of one person, with its own devices, wired to an Exchange. */
export class Phone {
  readonly media = new FakeMediaDevices();
  readonly page = new EventTarget();
  readonly network = new EventTarget();
  readonly hello: Value<HelloResult | null>;
  readonly calls: Calls;
  readonly connections: FakeConnection[] = [];
  readonly refusals = new Map<string, ParlorError>();
  readonly asked: string[] = [];
  private readonly pushes = new Map<string, Happening<unknown>>();
  private readonly parting: (() => void)[] = [];
  online = true;

  constructor(
    private readonly exchange: Exchange,
    readonly user: string,
    readonly endpoint: string,
  ) {
    const air = exchange.air;
    const { connections } = this;
    class Connection extends FakeConnection {
      constructor(configuration: RTCConfiguration) {
        super(air, configuration);
        connections.push(this);
      }
    }
    this.hello = new Value<HelloResult | null>(this.helloNow());
    const environment = surroundings({
      shelf: new MapShelf(),
      mediaDevices: this.media as unknown as MediaDevices,
      RTCPeerConnection: Connection as unknown as typeof RTCPeerConnection,
      newStream: () => new FakeStream() as unknown as MediaStream,
      page: this.page,
      network: this.network,
      secure: true,
    });
    this.calls = new Calls(environment, {
      hello: this.hello,
      serverNow: () => Date.now(),
      onPush: (name, listener) => this.happening(name).on(listener as (data: unknown) => void),
      request: (method, params, options) => this.request(method, params, options?.whenOffline === "wait"),
    });
  }

  get call() {
    const call = this.calls.current.get();
    if (!call) throw new Error(`${this.user} has no call`);
    return call;
  }

  get phase(): string {
    return this.calls.current.get()?.state.get().phase ?? "none";
  }

  get connection(): FakeConnection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error(`${this.user} has no connection`);
    return connection;
  }

  hear<P extends keyof Pushes>(name: P, data: Pushes[P]): void {
    if (this.online) this.happening(name).emit(data);
  }

  /** The link is back: what a new hello says. */
  back(): void {
    this.online = true;
    this.hello.set(this.helloNow());
    this.calls.onHello(this.helloNow());
    for (const send of this.parting.splice(0)) send();
  }

  private helloNow(): HelloResult {
    const user = { id: this.user, name: this.user, display_name: this.user, avatar: "" };
    return helloResult({ user, endpoint: this.endpoint, calls: this.exchange.of(this.user) });
  }

  private happening(name: string): Happening<unknown> {
    let happening = this.pushes.get(name);
    if (!happening) this.pushes.set(name, (happening = new Happening<unknown>()));
    return happening;
  }

  private async request<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    wait: boolean,
  ): Promise<Methods[M]["result"]> {
    this.asked.push(method);
    await Promise.resolve();
    if (!this.online && wait) await new Promise<void>((resolve) => this.parting.push(resolve));
    if (!this.online) throw new ParlorError("offline", "", true);
    const refusal = this.refusals.get(method);
    if (refusal) throw refusal;
    const result = this.exchange.handle(this, method, params as Record<string, string>);
    await Promise.resolve(); // pushes of the same moment come first
    if (!this.online) throw new ParlorError("offline", "", true);
    return result as Methods[M]["result"];
  }
}

/** The server's side of calls, for direct conversations named "ann+bob". */
export class Exchange {
  readonly air = new FakeAir();
  readonly phones: Phone[] = [];
  private calls = new Map<string, CallView>();
  private lastId = 0;

  phone(user: string, tab = "1"): Phone {
    const phone = new Phone(this, user, `${user}/${tab}`);
    this.phones.push(phone);
    return phone;
  }

  of(user: string): CallView[] {
    return [...this.calls.values()].filter(
      (call) => call.state !== "ended" && (call.caller === user || call.callee === user),
    );
  }

  /** As after a restart of the server. */
  forgetAll(): void {
    this.calls.clear();
  }

  end(id: string, outcome: CallView["outcome"]): CallView {
    return this.become(id, { state: "ended", outcome, ended_at: Date.now() });
  }

  handle(phone: Phone, method: string, params: Record<string, string>): unknown {
    if (method === "call.ice") {
      return { ice_servers: [{ urls: ["stun:stun.test"] }], expires_at: Date.now() + 3_600_000 };
    }
    if (method === "call.start") return { call: this.start(phone, params) };
    const call = this.calls.get(params["call_id"] ?? "");
    if (!call) throw new ParlorError("no_such_call", "");
    if (method === "call.signal") return this.signal(phone, call, params);
    if (call.state === "ended") {
      if (method === "call.hang_up") return { call };
      throw new ParlorError("call_over", "");
    }
    if (method === "call.ringing") {
      return { call: call.state === "invited" ? this.become(call.id, { state: "ringing" }) : call };
    }
    if (method === "call.accept") {
      if (call.state === "active") throw new ParlorError("call_taken", "");
      const answered = { answered_at: Date.now(), callee_endpoint: phone.endpoint };
      return { call: this.become(call.id, { state: "active", ...answered }) };
    }
    if (method === "call.reject") return { call: this.end(call.id, "rejected") };
    return { call: this.end(call.id, call.state === "active" ? "answered" : "cancelled") };
  }

  private start(phone: Phone, params: Record<string, string>): CallView {
    const conversation = params["conversation_id"] ?? "";
    const other = conversation.split("+").find((user) => user !== phone.user) ?? "";
    const glare = this.of(phone.user).find((call) => call.caller === other && call.state !== "active");
    if (glare) {
      return this.become(glare.id, { state: "active", answered_at: Date.now(), callee_endpoint: phone.endpoint });
    }
    const id = String((this.lastId += 1));
    this.calls.set(id, {
      id,
      conversation_id: conversation,
      caller: phone.user,
      callee: other,
      media: params["media"] as CallView["media"],
      state: "invited",
      invited_at: Date.now(),
      answered_at: 0,
      ended_at: 0,
      caller_endpoint: phone.endpoint,
      callee_endpoint: "",
      outcome: null,
    });
    return this.become(id, {});
  }

  private become(id: string, change: Partial<CallView>): CallView {
    const call = { ...(this.calls.get(id) as CallView), ...change };
    this.calls.set(id, call);
    for (const phone of this.phones) {
      if (phone.user === call.caller || phone.user === call.callee) phone.hear("call", { call });
    }
    return call;
  }

  private signal(phone: Phone, call: CallView, params: Record<string, string>): object {
    if (call.state !== "active") throw new ParlorError("call_over", "");
    const ends = [call.caller_endpoint, call.callee_endpoint];
    if (!ends.includes(phone.endpoint)) throw new ParlorError("not_in_call", "");
    const to = ends.find((endpoint) => endpoint !== phone.endpoint);
    const { kind = "", payload = "" } = params;
    this.phones.find((one) => one.endpoint === to)?.hear("call.signal", { call_id: call.id, kind, payload });
    return {};
  }
}
