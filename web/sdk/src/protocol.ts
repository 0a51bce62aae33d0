// Made by `python -m tools.protocol` from src/parlor/wire/native. Do not edit.

/** WebSocket subprotocol with JSON text messages. */
export const JSON_SUBPROTOCOL = "parlor.v1.json";
/** WebSocket subprotocol with MessagePack messages, structs as arrays. */
export const MSGPACK_SUBPROTOCOL = "parlor.v1.msgpack";

/**
 * A place in the messages of one room that keeps some of them.
 *
 * `offset` counts the room's messages from 1; 0 is before the first. Offsets of different
 * `epoch`s have nothing to do with each other: the server has forgotten the room in between.
 */
export interface Position {
  epoch: string;
  offset: number;
}

/**
 * The first request of a connection. `device` is checked against the token's own.
 *
 * `instance` tells two tabs of one device apart (≤ 32 characters). `epoch` is what the last
 * hello reply said: another one in the new reply means that cursors start anew. `resume` is the
 * ticket of the last hello or renewal: while it is good, `token` is not looked at and may be "".
 *
 * `since` says what was last seen of rooms in `rooms` that keep messages. `tags`: only pushes
 * with these tags are wanted, except those through a room; left out, all are.
 */
export interface Hello {
  token: string;
  instance?: string;
  client?: string;
  epoch?: string;
  rooms?: readonly string[];
  resume?: string;
  since?: Readonly<Record<string, Position>>;
  tags?: readonly string[] | null;
}

/**
 * What any signed-in person may see of another. `avatar` is the id of a picture; left out by
 * those who have none.
 */
export interface User {
  id: string;
  name: string;
  display_name: string;
  avatar?: string;
}

/**
 * So long after it was sent may one recall a message (as an administrator: always) and edit
 * it (0: for ever).
 */
export interface Limits {
  max_message_bytes: number;
  max_text_chars: number;
  max_group_members: number;
  requests_per_second: number;
  request_burst: number;
  recall_window_s: number;
  edit_window_s: number;
}

export type Media = "audio" | "video";

export type CallState = "invited" | "ringing" | "active" | "ended";

export type CallOutcome = "answered" | "missed" | "rejected" | "cancelled" | "busy" | "failed";

/**
 * The whole of a call; pushed to every device concerned at each change.
 *
 * `caller_endpoint` and `callee_endpoint` name the device (and tab) that talks:
 * `device/instance` as in hello. A device whose endpoint is not one of them stops ringing
 * once the call is active. Times are Unix milliseconds, 0 when not yet.
 */
export interface CallView {
  id: string;
  conversation_id: string;
  caller: string;
  callee: string;
  media: Media;
  state: CallState;
  invited_at: number;
  answered_at: number;
  ended_at: number;
  caller_endpoint: string;
  callee_endpoint: string;
  outcome: CallOutcome | null;
}

/**
 * How long to wait before connecting again when nobody said: `first_s`, then twice as long
 * each time, `longest_s` at most; each time a random part of the upper half.
 */
export interface BackOff {
  first_s: number;
  longest_s: number;
}

/**
 * A room as it was joined.
 *
 * `position` is where it stands, null when it keeps no messages. `recovered`: everything since
 * the position that was given follows, in order, before anything newer. Not recovered although a
 * position was given: what is missing cannot be had here any more.
 */
export interface RoomState {
  room: string;
  position: Position | null;
  recovered: boolean;
}

/**
 * `server_time` is Unix milliseconds. Send `heartbeat` each `heartbeat_s` when idle.
 *
 * `calls` are those ringing or running for this user. `epoch_changed`: drop all cursors.
 * `rooms` are the push rooms that were joined again, `room_states` how far each of them is.
 * `resume` brings this user back without the token until it expires (empty: there is none);
 * `resumed`: such a ticket let this one in. At `token_expires_at` (Unix milliseconds, 0: never)
 * the connection ends, unless `token.renew` came before.
 *
 * `mail` is how many must-arrive pushes wait for this device: they follow, in pages; the next
 * comes once the last is acknowledged.
 */
export interface HelloResult {
  user: User;
  admin: boolean;
  device: string;
  connection: string;
  endpoint: string;
  server_time: number;
  heartbeat_s: number;
  epoch: string;
  epoch_changed: boolean;
  limits: Limits;
  calls: readonly CallView[];
  rooms: readonly string[];
  back_off: BackOff;
  resume: string;
  resumed: boolean;
  token_expires_at: number;
  room_states: readonly RoomState[];
  mail: number;
}

/** A newer token of the same user and device; the connection goes on until that one expires. */
export interface TokenRenew {
  token: string;
}

/** The ticket and the time that replace those of the hello. */
export interface TokenResult {
  resume: string;
  token_expires_at: number;
}

export type Heartbeat = Record<string, never>;

export interface HeartbeatResult {
  server_time: number;
}

/** Sign this device out; the connection is closed with `signed_out`. */
export type SessionEnd = Record<string, never>;

export type Empty = Record<string, never>;

export type MeGet = Record<string, never>;

export interface UserResult {
  user: User;
}

/** What is null stays. `avatar` is the id of a picture that was uploaded; empty: none. */
export interface MeUpdate {
  display_name?: string | null;
  about?: string | null;
  avatar?: string | null;
}

/**
 * People whose account or display name has a word that starts with `query`, or whose id it
 * is; without those who do not want to be found this way.
 */
export interface UsersFind {
  query: string;
  cursor?: string;
  limit?: number;
}

/** `cursor` is empty when there is no more. */
export interface UsersResult {
  users: readonly User[];
  cursor: string;
}

/** At most 100 ids; those that do not exist are left out. */
export interface UsersGet {
  ids: readonly string[];
}

export interface ProfileGet {
  user: string;
}

/**
 * As one side sees it. ENDED is a request that was withdrawn: it is shown to nobody, and
 * still counts for how many one may send in a day.
 */
export type ContactState = "none" | "asked" | "asks" | "contact" | "ended";

/**
 * `contact` and `blocked` say what the reader keeps of this person. `version` changes with
 * every change of the profile.
 */
export interface Profile {
  user: User;
  about: string;
  version: string;
  contact: ContactState;
  remark: string;
  blocked: boolean;
}

export interface ProfileResult {
  profile: Profile;
}

/** For whom something of a person is. */
export type Who = "everybody" | "contacts" | "nobody";

/**
 * Who may find, see, write to and add one, and whether receipts say what one has read; what is
 * null stays. Without any, it only asks.
 */
export interface MePrivacy {
  found_by_name?: boolean | null;
  found_by_number?: boolean | null;
  last_seen?: Who | null;
  presence?: Who | null;
  write?: Who | null;
  groups?: Who | null;
  read_receipts?: boolean | null;
}

/**
 * `found_by_number`: whoever types this person's id finds them. `write` is who may begin to
 * write and call, and is never nobody; `groups` is who may add them to a group. Without
 * `read_receipts` others do not see what this person has read, nor does this person see it of the
 * other in a direct conversation.
 */
export interface Privacy {
  found_by_name: boolean;
  found_by_number: boolean;
  last_seen: Who;
  presence: Who;
  write: Who;
  groups: Who;
  read_receipts: boolean;
}

export interface PrivacyResult {
  privacy: Privacy;
}

/** Ask somebody to be a contact, with a greeting. When they ask already, this agrees. */
export interface ContactRequest {
  user: string;
  text?: string;
}

/**
 * Another person in somebody's list: a contact, one who asks to be, or one who was asked.
 *
 * `text` is the greeting of a request. `at` is Unix milliseconds of the request or of the
 * agreement; `remark` and `tags` are the list owner's own and nobody else's to see.
 */
export interface Contact {
  user_id: string;
  state: ContactState;
  remark: string;
  tags: readonly string[];
  text: string;
  at: number;
}

/** How it is now, also when nothing changed. */
export interface ContactResult {
  contact: Contact;
}

/** Answer a request. Whoever is refused is not told: their request runs out. */
export interface ContactDecide {
  user: string;
  accept: boolean;
}

/** Name and sort a contact for oneself; what is null stays. */
export interface ContactUpdate {
  user: string;
  remark?: string | null;
  tags?: readonly string[] | null;
}

/** No contacts any more, for both; or a request of one's own is withdrawn. */
export interface ContactRemove {
  user: string;
}

/** `kind` is contacts or requests (sent and come), in the order of user ids. */
export interface ContactList {
  kind?: string;
  cursor?: string;
  limit?: number;
}

/**
 * `users` are the people of `contacts`. `cursor` is empty when there is no more; a page may
 * hold fewer than asked for, as requests that ran out are left out.
 */
export interface ContactsResult {
  contacts: readonly Contact[];
  users: readonly User[];
  cursor: string;
}

/** While it lasts neither may write to the other, ring, or see whether the other is there. */
export interface BlockSet {
  user: string;
  on: boolean;
}

export interface BlockList {
  cursor?: string;
  limit?: number;
}

/** `at` is Unix milliseconds. */
export interface Blocked {
  user_id: string;
  at: number;
}

export interface BlocksResult {
  blocked: readonly Blocked[];
  users: readonly User[];
  cursor: string;
}

/**
 * FREE, AWAY, LONG_AWAY and BUSY are chat, away, xa and dnd of RFC 6121 §4.7.2.1. OFFLINE is
 * nobody's choice; whoever is INVISIBLE looks like it.
 */
export type State = "online" | "free" | "away" | "long_away" | "busy" | "invisible" | "offline";

/**
 * Choose how to be there, on all one's devices, until something else is chosen.
 *
 * Whoever is invisible looks offline to everybody else.
 */
export interface PresenceSet {
  state: State;
  text?: string;
}

/** What a person chose, for all their devices. It stays while they are away. */
export interface Status {
  state: State;
  text: string;
}

export interface StatusResult {
  status: Status;
}

/** Once, without watching. */
export interface PresenceGet {
  users: readonly string[];
}

/**
 * What one person sees of another. `last_seen` is Unix milliseconds; 0 when it is not told,
 * or they are there.
 */
export interface Presence {
  user_id: string;
  state: State;
  text: string;
  last_seen: number;
}

/** Each asked for once, in that order. Somebody who may not be seen looks offline. */
export interface PresenceResult {
  users: readonly Presence[];
}

/**
 * From now on `presence` pushes tell this connection of these people and of no others; none
 * to end it. It ends with the connection.
 */
export interface PresenceWatch {
  users: readonly string[];
}

/** Tell the others of a conversation; again every few seconds while it goes on. */
export interface TypingSet {
  conversation_id: string;
  on?: boolean;
}

export type ConversationKind = "direct" | "group";

/**
 * `members` are the others. A direct conversation that exists is returned.
 *
 * A direct one is hidden from the other person until something is said there. A group with
 * the `client_id` of one that this user has made is that one.
 */
export interface ConversationCreate {
  kind: ConversationKind;
  members: readonly string[];
  title?: string;
  client_id?: string;
}

export type EventKind = "created" | "message" | "joined" | "left" | "title" | "call" | "edit" | "recall" | "reaction" | "pin" | "role" | "mute" | "settings" | "announcement" | "avatar" | "dissolved";

/** How a call ended. `duration_s` counts from answer to hang-up, 0 when never answered. */
export interface CallRecord {
  call_id: string;
  caller: string;
  media: string;
  outcome: CallOutcome;
  duration_s: number;
}

export type Role = "owner" | "administrator" | "member";

/** How people get in: only when invited, by asking, or by whoever has the link. */
export type Join = "invite" | "approval" | "open";

/** What a new member sees of what was said before. */
export type Visible = "all" | "since_joined";

/** `send` is to say anything at all; `edit_info` is title, announcement and picture. */
export type Permission = "send" | "invite" | "mention_all" | "pin" | "edit_info" | "remove_members" | "mute" | "recall_others" | "manage_links" | "see_members";

/**
 * `all_muted`: only administrators may write for now. `read_only`: a channel, where that is
 * so for good. `slow_mode_s`: so long must a member wait between two messages (0: not at all).
 * `permissions` has what differs from `LEAST_ROLE`.
 */
export interface GroupSettings {
  join?: Join;
  history?: Visible;
  all_muted?: boolean;
  slow_mode_s?: number;
  read_only?: boolean;
  permissions?: Readonly<Record<Permission, Role>>;
}

/**
 * A file as a message carries it. `size` in bytes; of a picture also its pixels, and `preview`,
 * a WebP of a few pixels in base64 that is shown until the thumbnail is there.
 */
export interface AttachedFile {
  id: string;
  name: string;
  size: number;
  type: string;
  width?: number;
  height?: number;
  preview?: string;
}

/**
 * A message as it was where it came from: by whom, when (Unix ms), what it said.
 *
 * `text` and `file` are empty where the message that carries this has them itself.
 */
export interface Forwarded {
  sender: string;
  sent_at: number;
  text?: string;
  file?: AttachedFile | null;
}

/**
 * `seq` is dense within the conversation, from 1. `sent_at` is Unix time in milliseconds.
 *
 * Only the fields of its kind are set:
 *
 * - message: `text` (may be empty with a `file`), `file`, `reply_to`, `mentions`, `mentions_all`,
 *   `forwarded`, `merged`, `silent` (no sound and no notification), `expires_at` (Unix ms, 0
 *   never; afterwards what it says is gone);
 * - edit: `target` and the new `text` with `mentions`; recall: `target`, whose text is gone;
 * - reaction: `target`, `emoji`, `off` when it was taken back; pin: `target`, `off`;
 * - created, joined, left: `members`, and created a `title`. Somebody who left by themselves is
 *   the sender; another sender has removed them;
 * - role: `members` and the `role` they have now; an owner among them: the sender's ends;
 * - mute: `members` (empty: everybody below administrator) `until` (Unix ms), `off`;
 * - title, announcement (`text`), avatar, settings, call: what is named so; dissolved: nothing.
 */
export interface Event {
  conversation_id: string;
  seq: number;
  id: string;
  kind: EventKind;
  sender: string;
  sent_at: number;
  client_id?: string;
  text?: string;
  reply_to?: number;
  mentions?: readonly string[];
  members?: readonly string[];
  title?: string;
  call?: CallRecord | null;
  target?: number;
  emoji?: string;
  off?: boolean;
  role?: Role | null;
  until?: number;
  settings?: GroupSettings | null;
  forwarded?: Forwarded | null;
  merged?: readonly Forwarded[];
  silent?: boolean;
  expires_at?: number;
  mentions_all?: boolean;
  avatar?: string;
  file?: AttachedFile | null;
}

/** What in a conversation is worth a sound and a notification. Everything is counted. */
export type Notify = "all" | "mentions" | "nothing";

/**
 * One row of somebody's conversation list.
 *
 * `peer` is the other person of a direct conversation. `unread` counts messages of others
 * after `read_seq` that still say something (not those that were taken back or have expired) and
 * stops at 1,000; `mentioned_seq` is the first message of others after it
 * that mentions the viewer or everybody, 0 for none. `active_at` is Unix time in milliseconds of
 * the last event and orders the list. `role`, `history_from` and `muted_until` are the member's
 * own (`Member`); `settings`, `announcement`, `avatar` and `dissolved` the conversation's. What
 * is before `history_from` cannot be read: it is from before the member's time, or not kept any
 * more.
 * `pinned`, `notify`, `hidden` and `unread_mark` are what the member has made of it.
 * `peer_read_seq` and `peer_delivered_seq` are how far the other person of a direct one has read
 * and got (`model.receipt.Receipt`), 0 in a group.
 */
export interface ConversationView {
  id: string;
  kind: ConversationKind;
  title: string;
  last_seq: number;
  read_seq: number;
  unread: number;
  active_at: number;
  last_event: Event | null;
  peer: string | null;
  member_count: number;
  role: Role;
  history_from: number;
  muted_until: number;
  settings: GroupSettings;
  announcement: string;
  avatar: string;
  dissolved: boolean;
  pinned: boolean;
  notify: Notify;
  hidden: boolean;
  unread_mark: boolean;
  peer_read_seq: number;
  peer_delivered_seq: number;
  mentioned_seq: number;
}

export interface ConversationResult {
  conversation: ConversationView;
  created: boolean;
}

export interface ConversationGet {
  conversation_id: string;
}

/** Newest first; `cursor` from the last page, empty at first. */
export interface ConversationList {
  cursor?: string;
  limit?: number;
}

export interface ConversationListResult {
  conversations: readonly ConversationView[];
  cursor: string;
}

/**
 * In the order of user ids, at most 100 on a page; `query`: those with a word in their names
 * that begins so. With the `version` that an earlier answer gave: what has changed since, in the
 * order of the changes.
 */
export interface ConversationMembers {
  conversation_id: string;
  cursor?: string;
  limit?: number;
  query?: string;
  version?: number | null;
}

/**
 * Sees events from `history_from` on; may write again after `muted_until` (Unix ms).
 *
 * `barred`: the other person of this direct conversation does not want to be written to.
 */
export interface Member {
  user_id: string;
  role: Role;
  joined_seq: number;
  read_seq: number;
  history_from?: number;
  muted_until?: number;
  barred?: boolean;
}

/**
 * `version` is that of the whole list. A list read in pages is whole once what changed since
 * the version of its first page is applied: `members` replace those one has, `left` are gone.
 *
 * Read positions do not count as changes.
 */
export interface MembersResult {
  members: readonly Member[];
  users: readonly User[];
  cursor: string;
  version: number;
  left: readonly string[];
}

/** Everything up to `seq` was read. Never moves back. */
export interface ReadSet {
  conversation_id: string;
  seq: number;
}

export interface ReadResult {
  read_seq: number;
  unread: number;
}

/** Those who are in already are left out. */
export interface GroupInvite {
  conversation_id: string;
  client_id: string;
  members: readonly string[];
}

/**
 * `waiting`, of `group.invite`: where coming in needs approval, those whom a plain member
 * invites are let in by who decides on requests; then there is no event yet.
 */
export interface GroupActResult {
  event: Event | null;
  waiting?: readonly string[];
}

/** The owner hands the group over before, unless nobody else is there. */
export interface GroupLeave {
  conversation_id: string;
  client_id: string;
}

/** All of `members` or, when one of them may not be removed, none. */
export interface GroupRemove {
  conversation_id: string;
  client_id: string;
  members: readonly string[];
}

/** The owner makes somebody an administrator, or a member again. */
export interface GroupRole {
  conversation_id: string;
  client_id: string;
  user_id: string;
  role: Role;
}

/** Another owner; the one before is an administrator from then on. */
export interface GroupTransfer {
  conversation_id: string;
  client_id: string;
  user_id: string;
}

/**
 * One member for `for_s` seconds (0: until taken back), or with an empty `user_id` everybody
 * below administrator. `off` takes it back.
 */
export interface GroupMute {
  conversation_id: string;
  client_id: string;
  user_id?: string;
  for_s?: number;
  off?: boolean;
}

/**
 * None leaves a setting alone, so two who change different ones at once both get theirs.
 *
 * `permissions` are the least roles of those that change. `all_muted` is not here: muting
 * everybody is an act of its own.
 */
export interface SettingsChange {
  join?: Join | null;
  history?: Visible | null;
  slow_mode_s?: number | null;
  read_only?: boolean | null;
  permissions?: Readonly<Record<Permission, Role>> | null;
}

/** Exactly one of `title`, `announcement`, `avatar` (empty takes it away) and `settings`. */
export interface GroupUpdate {
  conversation_id: string;
  client_id: string;
  title?: string | null;
  announcement?: string | null;
  avatar?: string | null;
  settings?: SettingsChange | null;
}

/** For good. Its members can read it, and nothing happens in it any more. */
export interface GroupDissolve {
  conversation_id: string;
  client_id: string;
}

export interface GroupOnline {
  conversation_id: string;
}

/** How many of its `members` are connected; a few seconds old at most. */
export interface GroupOnlineResult {
  online: number;
  members: number;
}

/** 0: it never expires, it works as often as one likes. */
export interface GroupLinkMake {
  conversation_id: string;
  client_id: string;
  expires_in_s?: number;
  max_uses?: number;
}

/**
 * Whoever has `code` may look at the group and come in, as the group's settings say.
 *
 * Times are Unix milliseconds. `expires_at` 0: never; `max_uses` 0: as often as one likes.
 * `ended`: somebody took it back; it never comes to life again.
 */
export interface GroupLink {
  code: string;
  conversation_id: string;
  made_by: string;
  made_at: number;
  expires_at: number;
  max_uses: number;
  uses: number;
  ended: boolean;
}

/** `path` follows the address of the server; together they are the text of a QR code. */
export interface GroupLinkResult {
  link: GroupLink;
  path: string;
}

export interface GroupLinkList {
  conversation_id: string;
}

/** Those that work, newest first. */
export interface GroupLinksResult {
  links: readonly GroupLink[];
}

export interface GroupLinkRevoke {
  conversation_id: string;
  code: string;
}

/**
 * What somebody outside may see: by the `code` of a link, or by the id of a group where one
 * may ask or come in by oneself.
 */
export interface GroupLinkShow {
  code?: string;
  conversation_id?: string;
}

/** What somebody outside may see of a group. `inside`: one is in it; `asked`: one has asked. */
export interface Preview {
  conversation_id: string;
  title: string;
  avatar: string;
  member_count: number;
  join: Join;
  inside: boolean;
  asked: boolean;
}

export interface GroupPreviewResult {
  group: Preview;
}

/** As `group.link.show` finds it. `text` is for those who decide, where they do. */
export interface GroupJoin {
  client_id: string;
  code?: string;
  conversation_id?: string;
  text?: string;
}

/** `inside` is false when one has asked and somebody has to decide. */
export interface GroupJoinResult {
  conversation_id: string;
  inside: boolean;
}

export interface GroupRequests {
  conversation_id: string;
  cursor?: string;
  limit?: number;
}

/**
 * Somebody who waits to be let in. One per person and group; asking again changes `text`.
 *
 * `invited_by`: the member who wants this person in; None for who asks by themselves.
 */
export interface JoinRequest {
  conversation_id: string;
  user_id: string;
  text: string;
  at_ms: number;
  invited_by: string | null;
}

export interface GroupRequestsResult {
  requests: readonly JoinRequest[];
  users: readonly User[];
  cursor: string;
}

/** Let somebody in who has asked, or say no. */
export interface GroupDecide {
  conversation_id: string;
  client_id: string;
  user_id: string;
  let_in: boolean;
}

/**
 * Acknowledged only after it is stored. The same `client_id` again is the same event.
 *
 * `mentions_all` needs the permission. `silent`: nobody is notified. After `expires_in_s` (0:
 * never) what it says is gone, also for those who have not read it. `file` is the id of one that
 * the sender has uploaded (by REST); then `text` may be empty.
 */
export interface MessageSend {
  conversation_id: string;
  client_id: string;
  text: string;
  reply_to?: number;
  mentions?: readonly string[];
  mentions_all?: boolean;
  silent?: boolean;
  expires_in_s?: number;
  file?: string;
}

export interface MessageSendResult {
  event: Event;
  created: boolean;
}

/**
 * Events with `after < seq` (from the oldest) or `seq < before` (the newest of them).
 *
 * Always in ascending seq. Neither given: the newest `limit`. Both: the range between.
 */
export interface EventsList {
  conversation_id: string;
  after?: number | null;
  before?: number | null;
  limit?: number;
}

/** `count` people gave `emoji`; `users` are the first few of them, `mine`: the reader did. */
export interface Reaction {
  emoji: string;
  count: number;
  users: readonly string[];
  mine: boolean;
}

/**
 * Of the message `seq`, as of the event `changed_seq`: an older state than one has is old.
 *
 * `text` is what it says since the last edit, null when it was never edited; `edits` are the
 * seqs of its edit events. `recalled_by`: who took it back, empty when nobody did.
 */
export interface MessageState {
  seq: number;
  changed_seq: number;
  text?: string | null;
  edits?: readonly number[];
  recalled_by?: string;
  pinned?: boolean;
  reactions?: readonly Reaction[];
}

/**
 * `more`: there are further events in the direction asked for.
 *
 * `states` are of those messages among `events` that something has happened to since, as they
 * stand now: perhaps by events that are not on this page.
 */
export interface EventsResult {
  events: readonly Event[];
  last_seq: number;
  more: boolean;
  states: readonly MessageState[];
}

/** Messages of one kind. `merged` are many that were forwarded as one. */
export type SearchKind = "link" | "forwarded" | "merged";

/**
 * Messages that say all of `text`: each part between spaces as it is written, whatever its
 * case, accents and width; a word need not be typed to its end.
 *
 * In one conversation or, when it is empty, in all; of one `sender`, of one `kind`, from
 * `since_ms` on and before `until_ms` (Unix ms, 0: whenever). `text` may be empty when a sender or
 * a kind is asked for. `cursor` from the last page, with everything else as it was.
 */
export interface MessageSearch {
  text?: string;
  conversation_id?: string;
  sender?: string;
  kind?: SearchKind | null;
  since_ms?: number;
  until_ms?: number;
  cursor?: string;
  limit?: number;
}

/** From `start` to before `end`, in code points of what the message says now. */
export interface Mark {
  start: number;
  end: number;
}

/** `state` as in `EventsResult`; its text, when there is one, is what `marks` are in. */
export interface Hit {
  event: Event;
  marks: readonly Mark[];
  state: MessageState | null;
}

/**
 * Newest first. A page may hold fewer than asked for, or none; there is more while there is a
 * `cursor`. `users` are those who said them.
 */
export interface MessageSearchResult {
  hits: readonly Hit[];
  users: readonly User[];
  cursor: string;
}

/** One's own message says `text` from now on. What it said stays in its history. */
export interface MessageEdit {
  conversation_id: string;
  seq: number;
  client_id: string;
  text: string;
  mentions?: readonly string[];
}

/** `event` is null when the message was that way already: nothing was stored. */
export interface ActResult {
  event: Event | null;
  created: boolean;
}

/** Take a message back, for everybody: one's own for a while, as an administrator any. */
export interface MessageRecall {
  conversation_id: string;
  seq: number;
  client_id: string;
}

/** Give a message one emoji, or with `off` take it back. */
export interface MessageReact {
  conversation_id: string;
  seq: number;
  client_id: string;
  emoji: string;
  off?: boolean;
}

/** Put a message where everybody finds it, or with `off` no longer. */
export interface MessagePin {
  conversation_id: string;
  seq: number;
  client_id: string;
  off?: boolean;
}

/** The latest pin first; `before` is `next` of the page before, left out at first. */
export interface MessagePins {
  conversation_id: string;
  before?: number | null;
  limit?: number;
}

/**
 * The pinned messages, and the states of those that something has happened to since.
 *
 * `next` is 0 when there is no more. A page may hold fewer than asked although there is more.
 */
export interface PinsResult {
  events: readonly Event[];
  states: readonly MessageState[];
  next: number;
}

/** What a message has said. */
export interface MessageHistory {
  conversation_id: string;
  seq: number;
}

/** What a message said from `at_ms` (Unix ms) on, by the event `seq`. */
export interface Version {
  seq: number;
  at_ms: number;
  text: string;
}

/** The oldest first; the last is what the message says now. */
export interface HistoryResult {
  versions: readonly Version[];
}

/** Who has reacted, with `emoji` or with anything; `after` is `next` of the page before. */
export interface MessageReactions {
  conversation_id: string;
  seq: number;
  emoji?: string;
  after?: number;
  limit?: number;
}

/** Somebody who reacted, by the event `at_seq`. */
export interface Reactor {
  user_id: string;
  emoji: string;
  at_seq: number;
}

/** In the order they came. `next` is 0 when there is no more. */
export interface ReactionsResult {
  reactions: readonly Reactor[];
  next: number;
}

/**
 * Say messages again in other conversations: one by one, or `merged` into one with `text`.
 *
 * The copies tell who said it and when, and not where. What expires cannot be forwarded. After
 * an error with `retry`, ask again with the same `client_id`: some may have been sent.
 */
export interface MessageForward {
  conversation_id: string;
  seqs: readonly number[];
  to: readonly string[];
  client_id: string;
  merged?: boolean;
  text?: string;
}

/**
 * The copies in one conversation. `refused`: the code of the error for which some are missing,
 * or empty; asking again with the same `client_id` sends no more than those.
 */
export interface ForwardedTo {
  conversation_id: string;
  events: readonly Event[];
  refused?: string;
}

/** One entry for each conversation, in the order they were given. */
export interface ForwardResult {
  forwarded: readonly ForwardedTo[];
}

/**
 * Send this at `at_ms` (Unix ms). The message will have this `client_id`, which names it
 * until then: the same one again is the same message.
 */
export interface SchedulePut {
  conversation_id: string;
  client_id: string;
  at_ms: number;
  text: string;
  reply_to?: number;
  mentions?: readonly string[];
  mentions_all?: boolean;
  silent?: boolean;
  expires_in_s?: number;
}

/**
 * `expires_in_s`: so long after it was sent its text is gone; 0: never. `silent`: nobody is
 * notified. `mentions_all` needs the permission.
 */
export interface Said {
  text: string;
  reply_to?: number;
  mentions?: readonly string[];
  mentions_all?: boolean;
  silent?: boolean;
  expires_in_s?: number;
}

/**
 * To be sent by `user_id` at `at_ms` (Unix ms).
 *
 * `client_id` is the one the message will have, and names it among what this user has scheduled.
 * `refused`: the code of the error for which it could not
 * be sent; it waits no more then, until its user has seen and cancelled it.
 */
export interface Scheduled {
  user_id: string;
  conversation_id: string;
  client_id: string;
  at_ms: number;
  said: Said;
  refused?: string;
}

export interface ScheduleResult {
  scheduled: Scheduled;
  created: boolean;
}

/** One's own, the soonest first; `cursor` from the last page, empty at first. */
export interface ScheduleList {
  cursor?: string;
  limit?: number;
}

/** `cursor` is empty when there is no more. One that was `refused` waits to be cancelled. */
export interface ScheduleListResult {
  scheduled: readonly Scheduled[];
  cursor: string;
}

export interface ScheduleCancel {
  client_id: string;
}

/** Not `cancelled`: it is not there any more, sent perhaps. */
export interface ScheduleCancelResult {
  cancelled: boolean;
}

/**
 * The entries of one's self log after number `after`, in their order.
 *
 * `cursor` goes on where the last page ended, with the same `after`.
 */
export interface SelfList {
  after?: number;
  cursor?: string;
  limit?: number;
}

/** What an entry is about; its key begins with the letter of its kind (`key_of`). */
export type SelfKind = "conversation" | "draft" | "contact" | "request" | "block" | "setting" | "star";

/**
 * Something of one's own. `body` is JSON text in a shape that `kind` decides; null: it is gone.
 *
 * The newest value of `key` counts. Values that were replaced leave gaps in `seq`.
 */
export interface SelfEntry {
  key: string;
  kind: SelfKind;
  seq: number;
  body: string | null;
  at_ms: number;
}

/**
 * Apply `entries` by key. Once `cursor` is empty there are no more, and `last_seq` is the
 * `after` of the next time.
 *
 * `reset`: some of what is gone since `after` is not told any more. Forget every entry that one
 * has first; these are from the beginning.
 */
export interface SelfResult {
  entries: readonly SelfEntry[];
  last_seq: number;
  cursor: string;
  reset: boolean;
}

/**
 * How a conversation is shown to oneself; what is left out stays as it is.
 *
 * `hidden` holds until the next message or call. `unread_mark` until something is read there.
 */
export interface ConversationSet {
  conversation_id: string;
  pinned?: boolean | null;
  notify?: Notify | null;
  hidden?: boolean | null;
  unread_mark?: boolean | null;
}

/** The entry as it is now; null where there was none and nothing to take away. */
export interface EntryResult {
  entry: SelfEntry | null;
}

/**
 * What is written but not sent. Neither `text` nor `reply_to`: there is no draft.
 *
 * With `seen`, the seq of the entry that the device knows (0: none), that takes away this draft,
 * an older one or one that the device wrote itself. What another device has written since stays,
 * and is the answer: what empties the composer, sending, may have happened long before.
 */
export interface DraftSet {
  conversation_id: string;
  text: string;
  reply_to?: number;
  seen?: number | null;
}

/** A setting of the person, which clients agree on. `value` is JSON text; null: none. */
export interface SettingSet {
  name: string;
  value: string | null;
}

/** Keep a message in one's list of stars, or take it off. */
export interface StarSet {
  conversation_id: string;
  seq: number;
  on?: boolean;
}

/** The last starred first; `cursor` from the last page, empty at first. */
export interface StarList {
  cursor?: string;
  limit?: number;
}

/** `starred_at` is Unix milliseconds. `state` as in `EventsResult`. */
export interface Star {
  event: Event;
  starred_at: number;
  state: MessageState | null;
}

/** Those that can be read now; a page may therefore hold fewer than asked for. */
export interface StarsResult {
  stars: readonly Star[];
  users: readonly User[];
  cursor: string;
}

/** Where in a conversation's log a time is. `at_ms` is Unix milliseconds. */
export interface EventsAt {
  conversation_id: string;
  at_ms: number;
}

/**
 * The first event from then on, for `events.list` with `after` one less, or `before` it; one
 * more than the last when there is none.
 */
export interface EventsAtResult {
  seq: number;
}

/**
 * What happened since: `have` is the last seq that this device has of each conversation that
 * it knows, `self_seq` the last of the self log. A new device says nothing.
 *
 * `cursor` goes on where the last page ended, with `have` as it is by then; leaving it out at any
 * time is right too. `self_cursor` is that of `own`. `limit` is how many events a page has at
 * most.
 */
export interface SyncChanges {
  have?: Readonly<Record<string, number>>;
  self_seq?: number;
  self_cursor?: string;
  cursor?: string;
  limit?: number;
}

/**
 * `events` follow what the device has, and bring it up to `upto`; there may be `more` by then,
 * which the next request gives, or `events.list`.
 *
 * `reset`: they do not follow. What the device has of this conversation is to be dropped: some
 * that it lacks is not kept any more. A conversation that is new to the device has its newest
 * events only; `conversation.history_from` is the first that can be read.
 */
export interface Change {
  conversation: ConversationView;
  upto: number;
  events: readonly Event[];
  states: readonly MessageState[];
  more: boolean;
  reset: boolean;
}

/**
 * Conversations in which something has happened, the newest first.
 *
 * `cursor`: there are others; empty when the device was told of each. It has everything once
 * such a page holds no `more`. `gone`: conversations that are not this person's any more, told
 * with the first page. `users` are those to be shown with them.
 */
export interface SyncResult {
  changes: readonly Change[];
  own: SelfResult;
  cursor: string;
  gone: readonly string[];
  users: readonly User[];
}

/**
 * Listen to a push room. Most keep nothing; those that do fill what was missed `since`.
 *
 * `tail`: when there is no `since`, or it cannot be filled, send what the room still keeps.
 */
export interface RoomJoin {
  room: string;
  since?: Position | null;
  tail?: boolean;
}

/**
 * `position` and `recovered` are those of `RoomState`; joining where one is already tells
 * the position and replays nothing.
 *
 * `users` are those who are there, in rooms that tell who comes and goes, while they are few.
 */
export interface RoomResult {
  room: string;
  online: number;
  position: Position | null;
  recovered: boolean;
  users: readonly string[];
}

export interface RoomLeave {
  room: string;
}

/** What may be done in a room, and how many are there. One need not be in it. */
export interface RoomGet {
  room: string;
}

/**
 * What this user may do in the room, as things stand: everything is checked again when it is
 * done.
 *
 * `publish`: speak, in at most `max_bytes` of UTF-8, once in `slow_mode_s` (0: no slow mode);
 * `high`: with high priority, too. `keeps`: it has a short replay. `presence`: it tells who
 * comes and goes.
 */
export interface RoomRules {
  publish: boolean;
  high: boolean;
  max_bytes: number;
  slow_mode_s: number;
  keeps: boolean;
  presence: boolean;
}

/** `online` and `users` as in `RoomResult`, but that nobody is named to who is not there. */
export interface RoomGetResult {
  room: string;
  online: number;
  users: readonly string[];
  rules: RoomRules;
}

/** The fullest of the rooms that are listed, this user may join and somebody is in. */
export type RoomList = Record<string, never>;

export interface RoomOnline {
  room: string;
  online: number;
}

/**
 * Fullest first, a second old at most. `beginning` is what has to stand before a word to make
 * it the name of a listed room in which members speak; empty where there are none.
 */
export interface RoomListResult {
  rooms: readonly RoomOnline[];
  beginning: string;
}

/** Which messages of members a busy room still takes: high ones longest. */
export type Priority = "low" | "normal" | "high";

/**
 * Say something in a room one is in, if its members may.
 *
 * The sender gets it too, like everybody. The same `client_id` (1 to 64 characters) again is
 * answered with the first result and said to nobody. When the room is too busy, messages of low
 * `priority` are refused first, then normal ones. High priority may be for administrators only.
 */
export interface RoomPublish {
  room: string;
  body: string;
  client_id: string;
  priority?: Priority;
}

/** `push_id` is the one its delivery has. `repeated`: it was said before, not now. */
export interface RoomPublishResult {
  push_id: string;
  repeated: boolean;
}

/** From now on only pushes with these tags, except those through a room; null: all. */
export interface TagsSet {
  tags: readonly string[] | null;
}

/**
 * Ring the other person of a direct conversation.
 *
 * When that person is ringing this one at the same moment, both calls are one: the result is
 * the call that was there first, already active.
 */
export interface CallStart {
  conversation_id: string;
  media: Media;
}

export interface CallResult {
  call: CallView;
}

/** A device of the callee shows the call. */
export interface CallRinging {
  call_id: string;
}

export interface CallAccept {
  call_id: string;
}

export interface CallReject {
  call_id: string;
}

/** Ends the call: before the answer the caller cancels, afterwards either side hangs up. */
export interface CallHangUp {
  call_id: string;
}

/**
 * Passed on as it is to the other side's talking device.
 *
 * `kind` is offer, answer, candidate or state; `payload` is JSON text of at most 64 kB.
 */
export interface CallSignal {
  call_id: string;
  kind: string;
  payload: string;
}

export type CallIce = Record<string, never>;

/** As RTCPeerConnection takes it (W3C WebRTC §4.2.4). */
export interface IceServer {
  urls: readonly string[];
  username?: string;
  credential?: string;
}

/** `expires_at` is Unix milliseconds; ask again before. */
export interface CallIceResult {
  ice_servers: readonly IceServer[];
  expires_at: number;
}

/**
 * This device has everything up to number `upto` (`delivery.mail`). Never moves back.
 *
 * Only what was sent on this connection counts.
 */
export interface MailAck {
  upto: number;
}

export type DeviceList = Record<string, never>;

/** `other` is what nobody has said anything about. */
export type Platform = "web" | "desktop" | "ios" | "android" | "bot" | "other";

/**
 * One of somebody's devices, as that person sees it. Times are Unix milliseconds, 0 when they
 * are not known.
 *
 * `current` is the one that asks. `connections` are those open now, and `last_seen_at` may be a
 * minute old. `behind` counts the events that it has not acknowledged, of the conversations
 * where it has acknowledged any.
 */
export interface Device {
  device: string;
  platform: Platform;
  label: string;
  created_at: number;
  last_seen_at: number;
  address: string;
  connections: number;
  current: boolean;
  behind: number;
}

/** The last seen first. */
export interface DeviceListResult {
  devices: readonly Device[];
}

export interface DeviceRename {
  device: string;
  label: string;
}

export interface DeviceRenameResult {
  label: string;
}

/** Its tokens are refused from now on and its connections close with `signed_out`. */
export interface DeviceSignOut {
  device: string;
}

/** As `device.sign_out`, for all but the one that asks. */
export type DeviceSignOutOthers = Record<string, never>;

export interface SignedOutResult {
  ended: number;
}

/**
 * This device has everything up to these seqs, by conversation. Never moves back; say it
 * together for all conversations, and not for each event.
 */
export interface DeliveredSet {
  positions: Readonly<Record<string, number>>;
}

/**
 * `without` are conversations of which positions are not kept: they need not be said again
 * on this connection.
 */
export interface DeliveredResult {
  without: readonly string[];
}

export interface ReceiptList {
  conversation_id: string;
}

/**
 * `delivered_seq` is that of the person's device which is furthest, and never less than
 * `read_seq`. `read_seq` is 0 of those who let nobody know what they have read, and of
 * both people of a direct conversation when one of them does not. Both are 0 where the person and
 * whoever looks have a block between them.
 */
export interface Receipt {
  conversation_id: string;
  user_id: string;
  delivered_seq: number;
  read_seq: number;
}

export interface ReceiptListResult {
  receipts: readonly Receipt[];
}

/** Who has read a message; `cursor` from the last page, empty at first. */
export interface MessageReaders {
  conversation_id: string;
  seq: number;
  cursor?: string;
  limit?: number;
}

/**
 * Of those who were there when it was sent, without its sender. `read` and `unread` are those
 * of the page, whose `users` they are; the counts are of all.
 */
export interface MessageReadersResult {
  read: readonly string[];
  unread: readonly string[];
  read_count: number;
  unread_count: number;
  users: readonly User[];
  cursor: string;
}

/**
 * A new event. Best effort: a device that sees a gap in seq asks `events.list`. The connection
 * that sent a message has its answer and gets none, so its own may come after later ones.
 */
export interface EventPush {
  event: Event;
}

/** A conversation appeared in, or changed in, this user's list. */
export interface ConversationPush {
  conversation: ConversationView;
}

/** Another device of this user moved the read position. */
export interface ReadPush {
  conversation_id: string;
  read_seq: number;
  unread: number;
}

/**
 * How far the other person of a direct conversation has got and read by now
 * (`model.receipt.Receipt`). Neither moves back; what is lost comes with the next, and is in
 * the conversation's view.
 */
export interface ReceiptPush {
  conversation_id: string;
  user_id: string;
  delivered_seq: number;
  read_seq: number;
}

/** One of this user's scheduled messages changed; null: it was sent or cancelled. */
export interface SchedulePush {
  client_id: string;
  scheduled: Scheduled | null;
}

/**
 * Another device, or this one, changed something of one's own. Best effort: when `seq` does
 * not follow the last one heard of, `self.list` gives what is missing.
 */
export interface SelfPush {
  entry: SelfEntry;
}

/** What became of a request. */
export type Asked = "asked" | "let_in" | "refused";

/**
 * Somebody asks to come into a group, for those who decide; or what became of it, for them
 * and for who asked or has invited. `text` is empty once it is decided.
 */
export interface GroupRequestPush {
  conversation_id: string;
  user_id: string;
  text: string;
  at_ms: number;
  how: Asked;
  invited_by: string | null;
}

export interface CallPush {
  call: CallView;
}

export interface CallSignalPush {
  call_id: string;
  kind: string;
  payload: string;
}

/**
 * What a program pushed. `body_base64` is set instead of `body` when it is not UTF-8.
 * JSON leaves out what is empty or 0 from `tag` on: a third of most deliveries.
 *
 * `missed` counts lossy pushes dropped for this connection since the last one it got;
 * it comes in a delivery of its own, with an empty `push_id`, in the place of what was dropped.
 *
 * `epoch` and `offset` are its position in a room that keeps messages, otherwise empty and 0:
 * those of the last delivery are what `since` takes. `sender` is the user who published it,
 * empty for programs; `priority` is what that user gave it: "low", "high" or, normal, empty.
 *
 * `mail`: acknowledge this number with `mail.ack`, or it comes again after the next hello; 0
 * when there is nothing to acknowledge. The same `push_id` may come twice: handle it once.
 */
export interface DeliveryPush {
  push_id: string;
  room: string | null;
  body: string;
  tag?: string;
  missed?: number;
  body_base64?: string;
  offset?: number;
  sender?: string;
  epoch?: string;
  mail?: number;
  priority?: string;
}

/**
 * Who came to and left a room since the last of these, in rooms that tell it.
 *
 * `online` counts connections. While they are few, `named` is true, and `users` are all who are
 * there, each once; in a bigger room nobody is named.
 */
export interface RoomPresencePush {
  room: string;
  online: number;
  named: boolean;
  users: readonly string[];
  joined: readonly string[];
  left: readonly string[];
}

/**
 * Somebody whom this user knows has changed their profile. Best effort: `version` is that of
 * `profile.get`.
 */
export interface UserPush {
  user: User;
  version: string;
}

/**
 * How people on this connection's list (`presence.watch`) are there now. Only those for whom
 * something has changed.
 */
export interface PresencePush {
  users: readonly Presence[];
}

/**
 * Forget it after `expires_in_s` unless it comes again, or when a message of that user comes.
 * Lossy, and never stored.
 */
export interface TypingPush {
  conversation_id: string;
  user_id: string;
  on: boolean;
  expires_in_s: number;
}

/** The connection is about to be closed: `code` and `reason` as in the WebSocket close. */
export interface ByePush {
  code: number;
  reason: string;
}

/**
 * A refusal: `code` is in the registry, `message` is for people, `retry` says whether the
 * same request can succeed after `retry_after_s`.
 */
export interface ErrorBody {
  code: string;
  message: string;
  retry?: boolean;
  retry_after_s?: number;
}

/** Every request: what it takes and what it gives. */
export interface Methods {
  "hello": { params: Hello; result: HelloResult };
  "token.renew": { params: TokenRenew; result: TokenResult };
  "heartbeat": { params: Heartbeat; result: HeartbeatResult };
  "session.end": { params: SessionEnd; result: Empty };
  "me.get": { params: MeGet; result: UserResult };
  "me.update": { params: MeUpdate; result: UserResult };
  "users.find": { params: UsersFind; result: UsersResult };
  "users.get": { params: UsersGet; result: UsersResult };
  "profile.get": { params: ProfileGet; result: ProfileResult };
  "me.privacy": { params: MePrivacy; result: PrivacyResult };
  "contact.request": { params: ContactRequest; result: ContactResult };
  "contact.decide": { params: ContactDecide; result: ContactResult };
  "contact.update": { params: ContactUpdate; result: ContactResult };
  "contact.remove": { params: ContactRemove; result: Empty };
  "contact.list": { params: ContactList; result: ContactsResult };
  "block.set": { params: BlockSet; result: Empty };
  "block.list": { params: BlockList; result: BlocksResult };
  "presence.set": { params: PresenceSet; result: StatusResult };
  "presence.get": { params: PresenceGet; result: PresenceResult };
  "presence.watch": { params: PresenceWatch; result: PresenceResult };
  "typing.set": { params: TypingSet; result: Empty };
  "conversation.create": { params: ConversationCreate; result: ConversationResult };
  "conversation.get": { params: ConversationGet; result: ConversationResult };
  "conversation.list": { params: ConversationList; result: ConversationListResult };
  "conversation.members": { params: ConversationMembers; result: MembersResult };
  "read.set": { params: ReadSet; result: ReadResult };
  "group.invite": { params: GroupInvite; result: GroupActResult };
  "group.leave": { params: GroupLeave; result: GroupActResult };
  "group.remove": { params: GroupRemove; result: GroupActResult };
  "group.role": { params: GroupRole; result: GroupActResult };
  "group.transfer": { params: GroupTransfer; result: GroupActResult };
  "group.mute": { params: GroupMute; result: GroupActResult };
  "group.update": { params: GroupUpdate; result: GroupActResult };
  "group.dissolve": { params: GroupDissolve; result: GroupActResult };
  "group.online": { params: GroupOnline; result: GroupOnlineResult };
  "group.link.make": { params: GroupLinkMake; result: GroupLinkResult };
  "group.link.list": { params: GroupLinkList; result: GroupLinksResult };
  "group.link.revoke": { params: GroupLinkRevoke; result: Empty };
  "group.link.show": { params: GroupLinkShow; result: GroupPreviewResult };
  "group.join": { params: GroupJoin; result: GroupJoinResult };
  "group.requests": { params: GroupRequests; result: GroupRequestsResult };
  "group.decide": { params: GroupDecide; result: GroupActResult };
  "message.send": { params: MessageSend; result: MessageSendResult };
  "events.list": { params: EventsList; result: EventsResult };
  "message.search": { params: MessageSearch; result: MessageSearchResult };
  "message.edit": { params: MessageEdit; result: ActResult };
  "message.recall": { params: MessageRecall; result: ActResult };
  "message.react": { params: MessageReact; result: ActResult };
  "message.pin": { params: MessagePin; result: ActResult };
  "message.pins": { params: MessagePins; result: PinsResult };
  "message.history": { params: MessageHistory; result: HistoryResult };
  "message.reactions": { params: MessageReactions; result: ReactionsResult };
  "message.forward": { params: MessageForward; result: ForwardResult };
  "schedule.put": { params: SchedulePut; result: ScheduleResult };
  "schedule.list": { params: ScheduleList; result: ScheduleListResult };
  "schedule.cancel": { params: ScheduleCancel; result: ScheduleCancelResult };
  "self.list": { params: SelfList; result: SelfResult };
  "conversation.set": { params: ConversationSet; result: EntryResult };
  "draft.set": { params: DraftSet; result: EntryResult };
  "setting.set": { params: SettingSet; result: EntryResult };
  "star.set": { params: StarSet; result: EntryResult };
  "star.list": { params: StarList; result: StarsResult };
  "events.at": { params: EventsAt; result: EventsAtResult };
  "sync.changes": { params: SyncChanges; result: SyncResult };
  "room.join": { params: RoomJoin; result: RoomResult };
  "room.leave": { params: RoomLeave; result: RoomResult };
  "room.get": { params: RoomGet; result: RoomGetResult };
  "room.list": { params: RoomList; result: RoomListResult };
  "room.publish": { params: RoomPublish; result: RoomPublishResult };
  "tags.set": { params: TagsSet; result: Empty };
  "call.start": { params: CallStart; result: CallResult };
  "call.ringing": { params: CallRinging; result: CallResult };
  "call.accept": { params: CallAccept; result: CallResult };
  "call.reject": { params: CallReject; result: CallResult };
  "call.hang_up": { params: CallHangUp; result: CallResult };
  "call.signal": { params: CallSignal; result: Empty };
  "call.ice": { params: CallIce; result: CallIceResult };
  "mail.ack": { params: MailAck; result: Empty };
  "device.list": { params: DeviceList; result: DeviceListResult };
  "device.rename": { params: DeviceRename; result: DeviceRenameResult };
  "device.sign_out": { params: DeviceSignOut; result: Empty };
  "device.sign_out_others": { params: DeviceSignOutOthers; result: SignedOutResult };
  "delivered.set": { params: DeliveredSet; result: DeliveredResult };
  "receipt.list": { params: ReceiptList; result: ReceiptListResult };
  "message.readers": { params: MessageReaders; result: MessageReadersResult };
}

export type MethodName = keyof Methods;

/** Everything the server says unasked. */
export interface Pushes {
  "event": EventPush;
  "conversation": ConversationPush;
  "read": ReadPush;
  "receipt": ReceiptPush;
  "schedule": SchedulePush;
  "self": SelfPush;
  "group.request": GroupRequestPush;
  "call": CallPush;
  "call.signal": CallSignalPush;
  "delivery": DeliveryPush;
  "room.presence": RoomPresencePush;
  "user": UserPush;
  "presence": PresencePush;
  "typing": TypingPush;
  "bye": ByePush;
}

export type PushName = keyof Pushes;

/** Client to server. `id` is chosen by the client and comes back in the reply. */
export interface RequestMessage<M extends MethodName = MethodName> {
  id: number;
  method: M;
  params: Methods[M]["params"];
}

/** Server to client: the request with this `id` succeeded. */
export interface ResultMessage<M extends MethodName = MethodName> {
  id: number;
  result: Methods[M]["result"];
}

/** Server to client: the request with this `id` was refused. */
export interface ErrorMessage {
  id: number;
  error: ErrorBody;
}

/** Server to client, unasked. */
export interface PushMessage<P extends PushName = PushName> {
  push: P;
  data: Pushes[P];
}

export type ServerMessage = ResultMessage | ErrorMessage | PushMessage;

/** Every refusal by its code. `retry`: the same request can succeed later. */
export const ERRORS = {
  account_needed: { status: 403, retry: false, meaning: "Only a user with an account of this server may do this." },
  address_full: { status: 429, retry: true, meaning: "This address has as many connections as allowed." },
  already_greeted: { status: 409, retry: false, meaning: "This connection has said hello already." },
  auth_unavailable: { status: 503, retry: true, meaning: "Whoever checks these tokens does not answer; try again later." },
  bad_display_name: { status: 422, retry: false, meaning: "A display name or title has 1 to 64 characters, no control or direction marks." },
  bad_emoji: { status: 422, retry: false, meaning: "A reaction is one emoji." },
  bad_file_name: { status: 422, retry: false, meaning: "A file name has 1 to 200 characters; no slashes, control or direction marks." },
  bad_name: { status: 422, retry: false, meaning: "A name has 3 to 32 of a-z 0-9 _ . - and starts with a letter or digit." },
  bad_picture: { status: 422, retry: false, meaning: "A picture is a JPEG, PNG or WebP file." },
  bad_range: { status: 416, retry: false, meaning: "The file has no such bytes." },
  bad_request: { status: 400, retry: false, meaning: "The request does not have the shape that this method takes." },
  bad_text: { status: 422, retry: false, meaning: "The text is not valid Unicode." },
  body_timed_out: { status: 408, retry: true, meaning: "The request body did not arrive in time." },
  busy: { status: 409, retry: false, meaning: "You are in another call already." },
  call_over: { status: 409, retry: false, meaning: "The call has ended." },
  call_taken: { status: 409, retry: false, meaning: "The call was answered on another device." },
  client_id_used: { status: 409, retry: false, meaning: "This client_id was something else here; what is new takes a new one." },
  deadline_exceeded: { status: 504, retry: true, meaning: "The request took longer than it may." },
  draining: { status: 503, retry: true, meaning: "The server is about to restart; connect again." },
  empty_file: { status: 422, retry: false, meaning: "A file has at least one byte." },
  empty_text: { status: 422, retry: false, meaning: "A message needs at least one visible character." },
  file_too_large: { status: 413, retry: false, meaning: "The file is larger than this server takes, or than was said when it was begun." },
  forbidden: { status: 403, retry: false, meaning: "You may not do this." },
  group_dissolved: { status: 409, retry: false, meaning: "This group was dissolved; it can be read, and nothing happens in it any more." },
  hook_unavailable: { status: 503, retry: true, meaning: "Whoever has to allow this does not answer; try again later." },
  internal: { status: 500, retry: true, meaning: "Something broke on the server; the log has the details." },
  limit_reached: { status: 409, retry: false, meaning: "There are as many of these as this server allows." },
  link_ended: { status: 410, retry: false, meaning: "This link into a group does not work any more; ask for a new one." },
  log_full: { status: 503, retry: true, meaning: "Too many durable pushes wait to be delivered." },
  malformed: { status: 400, retry: false, meaning: "The bytes are not what the protocol allows." },
  message_gone: { status: 410, retry: false, meaning: "This message was recalled or has expired." },
  method_not_allowed: { status: 405, retry: false, meaning: "This address does not take this HTTP method." },
  name_taken: { status: 409, retry: false, meaning: "This account name is taken." },
  new_password_needed: { status: 403, retry: false, meaning: "This password is good for choosing a new one only: send that along." },
  no_receipts: { status: 409, retry: false, meaning: "In a group of this size nobody is told who has read what." },
  no_such_call: { status: 404, retry: false, meaning: "There is no such call, or it is not yours." },
  no_such_link: { status: 404, retry: false, meaning: "This link over HTTP has ended or never was; connect again." },
  not_found: { status: 404, retry: false, meaning: "There is no such thing, or it is not yours to see." },
  not_in_call: { status: 409, retry: false, meaning: "This device is not in the call." },
  not_in_room: { status: 409, retry: false, meaning: "Join the room first." },
  not_member: { status: 403, retry: false, meaning: "You are not a member of this conversation." },
  not_ready: { status: 409, retry: false, meaning: "Say hello first." },
  not_wanted: { status: 403, retry: false, meaning: "This person does not take this from you." },
  over_quota: { status: 429, retry: true, meaning: "This API key has used up what it may ask for now." },
  overloaded: { status: 503, retry: true, meaning: "The server has more work waiting than it may hold." },
  owner_must_transfer: { status: 409, retry: false, meaning: "Hand the group over to somebody before you leave it, or dissolve it." },
  profile_running: { status: 409, retry: true, meaning: "Another profile of this process is being taken; one at a time." },
  quota_full: { status: 409, retry: false, meaning: "Your files would take more room than you have; take some messages back first." },
  rate_limited: { status: 429, retry: true, meaning: "Too many requests; wait before the next." },
  reader_replaced: { status: 409, retry: false, meaning: "A newer request reads this link now." },
  room_too_busy: { status: 429, retry: true, meaning: "This room takes no more messages right now." },
  same_password: { status: 422, retry: false, meaning: "The new password is the one that is to be replaced." },
  sign_up_closed: { status: 403, retry: false, meaning: "This server does not take new accounts; ask its administrator." },
  slow_mode: { status: 429, retry: true, meaning: "This room takes one message of each person in a while; wait for your turn." },
  storage_failed: { status: 503, retry: true, meaning: "The database failed; send it again as it was, since it may have been stored." },
  text_too_long: { status: 422, retry: false, meaning: "A message has at most 4,096 characters." },
  too_large: { status: 413, retry: false, meaning: "The message or request body is larger than this server allows." },
  too_late: { status: 409, retry: false, meaning: "The time in which this could be changed is over." },
  too_many_attempts: { status: 429, retry: true, meaning: "Too many failed sign-ins or bad tokens; wait before the next." },
  too_many_devices: { status: 409, retry: false, meaning: "This account is signed in on as many devices of this kind as allowed." },
  too_many_members: { status: 422, retry: false, meaning: "The group would have more members than this server allows." },
  unauthenticated: { status: 401, retry: false, meaning: "Sign in first: the token is missing, expired or revoked." },
  unknown_method: { status: 404, retry: false, meaning: "There is no such method." },
  upload_replaced: { status: 409, retry: true, meaning: "A newer request goes on with this upload." },
  vetoed: { status: 403, retry: false, meaning: "The operator of this server does not allow this." },
  weak_password: { status: 422, retry: false, meaning: "A password has 8 to 256 characters and is not the account name." },
  wrong_credentials: { status: 401, retry: false, meaning: "The name or the password is wrong." },
  wrong_hash: { status: 422, retry: false, meaning: "What has arrived is not what was said when the upload was begun; begin anew." },
  wrong_offset: { status: 409, retry: false, meaning: "What lies before this part is not here; ask how far the upload has come." },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** When to connect again after a close: at once, after the time in the reason, never. */
export type Reconnect = "now" | "later" | "never";

/** Why a connection was closed, by the number in the close frame. */
export const CLOSE_CODES = {
  1000: { name: "normal", reconnect: "never", meaning: "Either side is done." },
  1001: { name: "going_away", reconnect: "now", meaning: "The page or the process ends." },
  1002: { name: "protocol_error", reconnect: "never", meaning: "The WebSocket frames broke RFC 6455." },
  1003: { name: "unsupported", reconnect: "never", meaning: "Text where binary was agreed, or the other way round." },
  1007: { name: "bad_text", reconnect: "never", meaning: "A text message was not UTF-8." },
  1008: { name: "policy", reconnect: "never", meaning: "The origin is not allowed." },
  1009: { name: "too_big", reconnect: "never", meaning: "A frame or message was over the limit." },
  1011: { name: "internal", reconnect: "now", meaning: "The server failed; its log says why." },
  4000: { name: "idle", reconnect: "now", meaning: "Nothing was heard for two heartbeats." },
  4001: { name: "slow_reader", reconnect: "now", meaning: "The reader fell behind what must arrive; connect and catch up." },
  4002: { name: "stalled", reconnect: "now", meaning: "Bytes stayed unread for too long." },
  4100: { name: "draining", reconnect: "later", meaning: "The server restarts; come back after the given time." },
  4101: { name: "overloaded", reconnect: "later", meaning: "The server is full; come back after the given time." },
  4102: { name: "rate_limited", reconnect: "later", meaning: "Far too many requests; come back after the given time." },
  4103: { name: "address_full", reconnect: "later", meaning: "This address has as many connections as allowed; come back later." },
  4200: { name: "no_hello", reconnect: "never", meaning: "No hello came in time." },
  4201: { name: "unauthenticated", reconnect: "never", meaning: "The token is missing, expired or revoked; sign in again." },
  4202: { name: "signed_out", reconnect: "never", meaning: "This device was signed out." },
  4203: { name: "replaced", reconnect: "never", meaning: "Another connection took this key." },
  4204: { name: "too_many_connections", reconnect: "never", meaning: "This user has as many connections as allowed." },
  4205: { name: "malformed", reconnect: "never", meaning: "A message could not be read." },
  4206: { name: "banned", reconnect: "never", meaning: "This account may not connect." },
  4207: { name: "device_replaced", reconnect: "never", meaning: "This device was signed out, because another one signed in." },
} as const satisfies Record<
  number,
  { name: string; reconnect: Reconnect; meaning: string }
>;

export type CloseCode = keyof typeof CLOSE_CODES;
