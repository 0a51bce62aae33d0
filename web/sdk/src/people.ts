/** People: who they are to this person, and what this person shows of themselves. */
import { bodyOf, type Entries } from "./applying/pending_own";
import { PATIENT, type Ask } from "./ask";
import { mapped, type Readable } from "./observable";
import type {
  Contact, MePrivacy, MeUpdate, Privacy, Profile, SelfKind, User,
} from "./protocol";
import type { Queue } from "./queue";
import type { Store } from "./store";

/** An uploaded picture: `id` is made of its bytes. */
export interface Picture {
  id: string;
  type: string;
  width: number;
  height: number;
}

/** A REST request whose body is the bytes of a file. */
export type Upload = <T>(path: string, file: Blob) => Promise<T>;

/**
 * Contacts, requests and blocks are one's own log: here without asking, the same in every tab, and
 * changed at once by what is done here. Acts are queued; a refusal is in `queue.acts`.
 */
export class People {
  /** By user id. */
  readonly contacts: Readable<ReadonlyMap<string, Contact>>;
  /** Who was asked (`asked`) and who asks (`asks`), by user id. */
  readonly requests: Readable<ReadonlyMap<string, Contact>>;
  readonly blocked: Readable<ReadonlySet<string>>;

  constructor(
    private readonly queue: Queue,
    private readonly ask: Ask,
    private readonly store: Store,
    private readonly put: Upload,
  ) {
    this.contacts = mapped(store.entries, (entries) => bodies(entries, "contact"));
    this.requests = mapped(store.entries, (entries) => bodies(entries, "request"));
    this.blocked = mapped(store.entries, (entries) => new Set(bodies(entries, "block").keys()));
  }

  /** Ask to be a contact, with a greeting; agrees when that person asks already. */
  request(user: string, text = ""): void {
    this.queue.add("contact.request", { user, text }, to(user));
  }

  /** Answer a request. Whoever is refused is not told. */
  decide(user: string, accept: boolean): void {
    this.queue.add("contact.decide", { user, accept }, to(user));
  }

  /** Name and sort a contact for oneself; what is left out stays. */
  describe(user: string, change: { remark?: string; tags?: readonly string[] }): void {
    this.queue.add("contact.update", { user, ...change }, to(user));
  }

  /** No contacts any more, for both; or one's own request is withdrawn. */
  remove(user: string): void {
    this.queue.add("contact.remove", { user }, to(user));
  }

  block(user: string, on = true): void {
    this.queue.add("block.set", { user, on }, to(user));
  }

  /** By a word of their names, or by their id. */
  find(query: string, cursor = ""): Promise<{ users: readonly User[]; cursor: string }> {
    return this.store.findUsers(query, cursor);
  }

  async profile(user: string): Promise<Profile> {
    const { profile } = await this.ask("profile.get", { user }, PATIENT);
    this.store.takeUsers([profile.user]);
    return profile;
  }

  /** What is left out stays. */
  async updateMe(change: MeUpdate): Promise<User> {
    const { user } = await this.ask("me.update", change);
    this.store.setMe(user);
    return user;
  }

  /** A picture to be seen with: JPEG, PNG or WebP. */
  async setAvatar(file: Blob): Promise<User> {
    const { user } = await this.put<{ user: User }>("/api/v1/me/avatar", file);
    this.store.setMe(user);
    return user;
  }

  /** A picture for a group; its id goes to `groups.setAvatar` soon, or it is dropped. */
  async upload(file: Blob): Promise<Picture> {
    return (await this.put<{ picture: Picture }>("/api/v1/avatars", file)).picture;
  }

  /** Where a picture is, for an `img`; empty for none. */
  avatarPath(avatar: string): string {
    return avatar === "" ? "" : `/api/v1/avatars/${encodeURIComponent(avatar)}`;
  }

  async privacy(change: MePrivacy = {}): Promise<Privacy> {
    return (await this.ask("me.privacy", change)).privacy;
  }
}

/** What is done about one person stays in order. */
function to(user: string): { lane: string } {
  return { lane: `person/${user}` };
}

/** The bodies of one kind by what follows the letter of their key. */
function bodies(entries: Entries, kind: SelfKind): ReadonlyMap<string, Contact> {
  const found = new Map<string, Contact>();
  for (const [key, entry] of entries) {
    const body = entry.kind === kind ? bodyOf<Contact>(entry) : undefined;
    if (body !== undefined) found.set(key.slice(2), body);
  }
  return found;
}
