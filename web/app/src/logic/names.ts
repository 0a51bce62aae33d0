/** What a conversation, a person and an event are called on screen. */
import type { ConversationView, Event, User } from "@parlor/sdk";

import { i18n, localeOf } from "@/i18n";

import { lineOf } from "./files";
import { span } from "./when";

type Lookup = (id: string) => User | undefined;

const t = i18n.global.t;
/** A line names so many; of more it says how many. */
const MOST_NAMES = 5;

export function personName(user: User | undefined): string {
  return user === undefined ? t("chat.unknown") : user.display_name || user.name;
}

export function conversationName(conversation: ConversationView, lookup: Lookup): string {
  if (conversation.kind === "group") return conversation.title;
  return conversation.peer === null ? "" : personName(lookup(conversation.peer));
}

/** One line about the newest event, for the list. `expired`: its time is over, so what it said is not told. */
export function preview(conversation: ConversationView, me: string, lookup: Lookup, expired: boolean): string {
  const event = conversation.last_event;
  if (event === null) return "";
  const own = event.sender === me;
  switch (event.kind) {
    case "message": {
      if (expired) return t("message.expired");
      const text = lineOf(event.text ?? "", event.file);
      if (own) return t("list.said", { name: t("list.you"), text });
      return conversation.kind === "group" ? t("list.said", { name: personName(lookup(event.sender)), text }) : text;
    }
    case "call":
      return callText(event, me);
    case "created":
      return conversation.kind === "group" ? t("list.groupCreated") : "";
    case "joined":
      return coming(event, me, lookup);
    case "left":
      return leaving(event, me, lookup);
    case "title":
      return t("list.titleChanged", { title: event.title ?? "" });
    case "edit":
    case "recall":
    case "reaction":
    case "pin":
      return actLine(event, own ? t("chat.youDid") : personName(lookup(event.sender)));
    default:
      return groupHappening(event, me, lookup);
  }
}

/** What somebody did to a message. */
function actLine(event: Event, name: string): string {
  switch (event.kind) {
    case "edit":
      return t("list.someoneEdited", { name });
    case "recall":
      return t("list.someoneRecalled", { name });
    case "pin":
      return t(event.off ? "list.someoneUnpinned" : "list.someonePinned", { name });
    default:
      return t(event.off ? "list.someoneUnreacted" : "list.someoneReacted", { name, emoji: event.emoji ?? "" });
  }
}

/** A line in the thread about something that is not a message. Empty when there is nothing to say. */
export function happening(event: Event, group: boolean, me: string, lookup: Lookup): string {
  const own = event.sender === me;
  const name = personName(lookup(event.sender));
  const title = event.title ?? "";
  switch (event.kind) {
    case "created":
      if (!group) return "";
      return own ? t("chat.youCreated", { title }) : t("chat.created", { name, title });
    case "joined":
      return coming(event, me, lookup);
    case "left":
      return leaving(event, me, lookup);
    case "title":
      return own ? t("chat.youTitled", { title }) : t("chat.titled", { name, title });
    case "call":
      return callText(event, me);
    case "message":
      return lineOf(event.text ?? "", event.file);
    case "pin":
      return actLine(event, own ? t("chat.youDid") : name);
    case "role":
    case "mute":
    case "settings":
    case "announcement":
    case "avatar":
    case "dissolved":
      return groupHappening(event, me, lookup);
    default:
      return "";
  }
}

export function callText(event: Event, me: string): string {
  const call = event.call;
  if (!call) return "";
  const video = call.media === "video";
  const kind = t(video ? "call.record.video" : "call.record.audio");
  const lower = t(video ? "call.record.videoLower" : "call.record.audioLower");
  const mine = call.caller === me;
  switch (call.outcome) {
    case "answered":
      return t("call.record.answered", { kind, time: span(call.duration_s) });
    case "missed":
      return mine ? t("call.record.missedOwn", { kind }) : t("call.record.missed", { kind: lower });
    case "rejected":
      return mine ? t("call.record.rejectedOwn", { kind }) : t("call.record.rejected", { kind: lower });
    case "cancelled":
      return mine ? t("call.record.cancelledOwn", { kind }) : t("call.record.cancelled", { kind: lower });
    case "busy":
      return mine ? t("call.record.busyOwn", { kind }) : t("call.record.busy", { kind: lower });
    case "failed":
      return t("call.record.failed", { kind });
  }
}

/** True for a call that somebody else made and nobody took: shown in the colour of a warning. */
export function isMissedCall(event: Event, me: string): boolean {
  return event.kind === "call" && event.call?.caller !== me && event.call?.outcome !== "answered" && event.call?.outcome !== "rejected";
}

/** Somebody came in by themselves, or was added. */
function coming(event: Event, me: string, lookup: Lookup): string {
  const names = namesOf(event, me, lookup);
  if (!(event.members ?? []).includes(event.sender)) {
    return event.sender === me ? t("chat.youAdded", { names }) : t("chat.added", { name: personName(lookup(event.sender)), names });
  }
  return event.sender === me ? t("chat.youJoined") : t("chat.joined", { names });
}

function leaving(event: Event, me: string, lookup: Lookup): string {
  const names = namesOf(event, me, lookup);
  if (!(event.members ?? []).includes(event.sender)) {
    return event.sender === me ? t("chat.youRemoved", { names }) : t("chat.removed", { name: personName(lookup(event.sender)), names });
  }
  return event.sender === me ? t("chat.youLeft") : t("chat.left", { names });
}

/** What somebody who leads a group did to it. */
function groupHappening(event: Event, me: string, lookup: Lookup): string {
  const by = event.sender === me ? t("chat.youDid") : personName(lookup(event.sender));
  const whom = namesOf(event, me, lookup);
  switch (event.kind) {
    case "role":
      return t(`chat.role.${event.role ?? "member"}`, { name: by, names: whom });
    case "mute":
      if (whom === "") return t(event.off ? "chat.unmutedAll" : "chat.mutedAll", { name: by });
      return t(event.off ? "chat.unmuted" : "chat.muted", { name: by, names: whom });
    case "announcement":
      return event.text ? t("chat.announced", { name: by, text: event.text }) : t("chat.announcementGone", { name: by });
    case "avatar":
      return t("chat.newPicture", { name: by });
    case "dissolved":
      return t("chat.dissolved", { name: by });
    default:
      return t("chat.settingsChanged", { name: by });
  }
}

/** Whom something happened to, as the end of a sentence. */
function namesOf(event: Event, me: string, lookup: Lookup): string {
  const all = event.members ?? [];
  const shown = all.slice(0, MOST_NAMES).map((id) => (id === me ? t("chat.you") : personName(lookup(id))));
  if (all.length > MOST_NAMES) shown.push(t("chat.others", { count: all.length - MOST_NAMES }));
  return new Intl.ListFormat(localeOf(i18n.global.locale.value)).format(shown);
}
