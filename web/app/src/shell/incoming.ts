/** What a person hears and sees of messages that arrive in the background: a sound, a notification. */
import type { Event } from "@parlor/sdk";
import { onScopeDispose } from "vue";

import { i18n } from "@/i18n";
import { lineOf } from "@/logic/files";
import { conversationName, personName } from "@/logic/names";
import { router } from "@/router";
import { lookupNow, parlor } from "@/sdk";
import { usePreferences } from "@/stores/preferences";

import { playMessage } from "./tones";

const PREVIEW_CHARS = 120;

/** Call once, in the shell's scope. */
export function announceIncoming(): void {
  const preferences = usePreferences();
  onScopeDispose(
    parlor.store.onIncoming((event) => {
      if (event.kind !== "message" || event.silent || isWatched(event) || !isWorthIt(event)) return;
      if (preferences.sound) playMessage();
      if (preferences.notifications && document.visibilityState === "hidden") void notify(event);
    }),
  );
}

function isWatched(event: Event): boolean {
  return document.hasFocus() && router.currentRoute.value.params["conversation"] === event.conversation_id;
}

/** What the person wants to hear of in that conversation. */
function isWorthIt(event: Event): boolean {
  const row = parlor.store.conversations.get().rows.find((one) => one.id === event.conversation_id);
  if (row === undefined || row.notify === "all") return true;
  const me = parlor.store.me.get()?.id ?? "";
  return row.notify === "mentions" && (event.mentions_all === true || event.mentions?.includes(me) === true);
}

async function notify(event: Event): Promise<void> {
  const row = parlor.store.conversations.get().rows.find((one) => one.id === event.conversation_id);
  const { t } = i18n.global;
  const sender = personName(lookupNow(event.sender));
  const title = row === undefined ? t("notify.message") : conversationName(row, lookupNow);
  const text = lineOf(event.text ?? "", event.file).slice(0, PREVIEW_CHARS);
  await showNotification(title, row?.kind === "group" ? t("list.said", { name: sender, text }) : text, `/c/${event.conversation_id}`);
}

/** A notification that opens `path`; one per path, the newest. Nothing happens without permission. */
export async function showNotification(title: string, body: string, path: string): Promise<void> {
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return;
  const options = { body, tag: path, icon: "/icons/icon-192.png", data: { path } };
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker?.active) {
    await worker.showNotification(title, options);
    return;
  }
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    void router.push(path);
    shown.close();
  };
}
