/** How somebody is there, in a few words. */
import type { Presence } from "@parlor/sdk";

import { i18n } from "@/i18n";
import { agoText } from "@/logic/ago";

/** Of somebody who is away, only since when. */
export function briefPresence(presence: Presence | undefined, now: number, locale: string): string {
  const gone = presence?.state === "offline" && presence.text === "" && presence.last_seen > 0;
  return gone ? agoText(presence.last_seen, now, locale) : presenceText(presence, now, locale);
}

export function presenceText(presence: Presence | undefined, now: number, locale: string): string {
  const { t } = i18n.global;
  if (presence === undefined) return "";
  const words = [];
  if (presence.state !== "offline") words.push(t(`presence.${presence.state}`));
  else if (presence.last_seen > 0) words.push(t("presence.lastSeen", { when: agoText(presence.last_seen, now, locale) }));
  else words.push(t("presence.offline"));
  if (presence.text !== "") words.push(presence.text);
  return words.join(" · ");
}
