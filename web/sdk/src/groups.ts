/** Groups: who is in them, what they may do, how others get in. */
import { PATIENT, type Ask } from "./ask";
import { randomId } from "./environment";
import { Happening } from "./observable";
import type {
  Event, GroupLinkMake, GroupLinkResult, GroupLink, GroupJoinResult, GroupOnlineResult, GroupRequestPush,
  GroupRequestsResult, GroupUpdate, MembersResult, MethodName, Methods, Preview, Role, SettingsChange,
} from "./protocol";
import type { Queue } from "./queue";

/** How a link or a group that one is not in is named. */
export type Entrance = { code: string } | { conversation_id: string };

type ActMethod = {
  [M in MethodName]: Methods[M]["params"] extends { conversation_id: string; client_id: string } ? M : never;
}[MethodName];

/**
 * Acts are queued and sent in order; each resolves with its event (null: it was so already) once
 * the server has answered, and rejects when it refuses. What is asked needs a link.
 */
export class Groups {
  /** Somebody asks to be let in where this person decides, or was answered. */
  readonly requested = new Happening<GroupRequestPush>();

  constructor(
    private readonly queue: Queue,
    private readonly ask: Ask,
  ) {}

  /** Those who are in already are left out. */
  invite(conversation_id: string, members: readonly string[]): Promise<Event | null> {
    return this.act("group.invite", { ...named(conversation_id), members: [...members] });
  }

  /** The owner hands the group over before, unless nobody else is there. */
  leave(conversation_id: string): Promise<Event | null> {
    return this.act("group.leave", named(conversation_id));
  }

  /** All of them or none. */
  remove(conversation_id: string, members: readonly string[]): Promise<Event | null> {
    return this.act("group.remove", { ...named(conversation_id), members: [...members] });
  }

  setRole(conversation_id: string, user_id: string, role: Role): Promise<Event | null> {
    return this.act("group.role", { ...named(conversation_id), user_id, role });
  }

  /** Another owner; this person is an administrator from then on. */
  transfer(conversation_id: string, user_id: string): Promise<Event | null> {
    return this.act("group.transfer", { ...named(conversation_id), user_id });
  }

  /** One member for `forS` seconds (0: until taken back). */
  mute(conversation_id: string, user_id: string, forS = 0): Promise<Event | null> {
    return this.act("group.mute", { ...named(conversation_id), user_id, for_s: forS });
  }

  unmute(conversation_id: string, user_id: string): Promise<Event | null> {
    return this.act("group.mute", { ...named(conversation_id), user_id, off: true });
  }

  /** Nobody below administrator may write, or everybody again. */
  muteAll(conversation_id: string, on: boolean): Promise<Event | null> {
    return this.act("group.mute", { ...named(conversation_id), off: !on });
  }

  rename(conversation_id: string, title: string): Promise<Event | null> {
    return this.update(conversation_id, { title });
  }

  announce(conversation_id: string, announcement: string): Promise<Event | null> {
    return this.update(conversation_id, { announcement });
  }

  /** A picture's id (`people.upload`); empty: none. */
  setAvatar(conversation_id: string, avatar: string): Promise<Event | null> {
    return this.update(conversation_id, { avatar });
  }

  /** What is left out stays as it is. */
  configure(conversation_id: string, settings: SettingsChange): Promise<Event | null> {
    return this.update(conversation_id, { settings });
  }

  /** For good: its members can read it, and nothing happens in it any more. */
  dissolve(conversation_id: string): Promise<Event | null> {
    return this.act("group.dissolve", named(conversation_id));
  }

  /** Let somebody in who asked, or say no. */
  decide(conversation_id: string, user_id: string, let_in: boolean): Promise<Event | null> {
    return this.act("group.decide", { ...named(conversation_id), user_id, let_in });
  }

  /** In the order of user ids; with the `version` of an earlier answer, what has changed since. */
  members(
    conversation_id: string,
    page: { cursor?: string; query?: string; version?: number; limit?: number } = {},
  ): Promise<MembersResult> {
    return this.ask("conversation.members", { conversation_id, ...page }, PATIENT);
  }

  /** How many are there now. */
  online(conversation_id: string): Promise<GroupOnlineResult> {
    return this.ask("group.online", { conversation_id });
  }

  requests(conversation_id: string, cursor = ""): Promise<GroupRequestsResult> {
    return this.ask("group.requests", { conversation_id, cursor }, PATIENT);
  }

  /** A way in; `path` after the server's address is what a QR code says. */
  makeLink(
    conversation_id: string,
    limits: Pick<GroupLinkMake, "expires_in_s" | "max_uses"> = {},
  ): Promise<GroupLinkResult> {
    return this.ask("group.link.make", { ...named(conversation_id), ...limits });
  }

  /** Those that work, newest first. */
  async links(conversation_id: string): Promise<readonly GroupLink[]> {
    return (await this.ask("group.link.list", { conversation_id }, PATIENT)).links;
  }

  async revokeLink(conversation_id: string, code: string): Promise<void> {
    await this.ask("group.link.revoke", { conversation_id, code });
  }

  /** What somebody outside may see of a group. */
  async preview(entrance: Entrance): Promise<Preview> {
    return (await this.ask("group.link.show", entrance)).group;
  }

  /** Come in, or ask to be let in: `inside` tells which it was. */
  join(entrance: Entrance, text = ""): Promise<GroupJoinResult> {
    return this.ask("group.join", { ...entrance, text, client_id: randomId() });
  }

  private update(
    conversation_id: string,
    change: Omit<GroupUpdate, "conversation_id" | "client_id">,
  ): Promise<Event | null> {
    return this.act("group.update", { ...named(conversation_id), ...change });
  }

  private async act<M extends ActMethod & `group.${string}`>(method: M, params: Methods[M]["params"]): Promise<Event | null> {
    const { conversation_id, client_id } = params as { conversation_id: string; client_id: string };
    const result = await this.queue.do(method, params, { lane: conversation_id, clientId: client_id });
    return (result as { event: Event | null }).event;
  }
}

/** An act of one's own in a conversation, named once however often it is sent. */
function named(conversation_id: string): { conversation_id: string; client_id: string } {
  return { conversation_id, client_id: randomId() };
}
