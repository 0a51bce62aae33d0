/** What one may do with a conversation in the list. */
import type { ConversationView } from "@parlor/sdk";
import { Bell, BellOff, CircleDot, EyeOff, MailCheck, Pin, PinOff, UserRound } from "lucide-vue-next";

import { i18n } from "@/i18n";
import type { MenuItem } from "@/parts/ActionMenu.vue";
import { router } from "@/router";
import { parlor } from "@/sdk";
import { useLayers } from "@/stores/layers";

export interface RowAct extends MenuItem {
  run: () => void;
}

export function rowMenu(row: ConversationView): RowAct[] {
  const { t } = i18n.global;
  const { own, store } = parlor;
  const unread = row.unread > 0 || row.unread_mark;
  const muted = row.notify !== "all";
  return [
    row.pinned
      ? { id: "unpin", label: t("rowMenu.unpin"), icon: PinOff, run: () => own.pinConversation(row.id, false) }
      : { id: "pin", label: t("rowMenu.pin"), icon: Pin, run: () => own.pinConversation(row.id, true) },
    unread
      ? { id: "read", label: t("rowMenu.markRead"), icon: MailCheck, run: () => markRead(row) }
      : { id: "unread", label: t("rowMenu.markUnread"), icon: CircleDot, run: () => own.markUnread(row.id) },
    muted
      ? { id: "unmute", label: t("rowMenu.unmute"), icon: Bell, run: () => own.notify(row.id, "all") }
      : { id: "mute", label: t("rowMenu.mute"), icon: BellOff, run: () => own.notify(row.id, "nothing") },
    ...(row.peer === null
      ? []
      : [{ id: "person", label: t("rowMenu.person"), icon: UserRound, run: () => void router.push(`/u/${row.peer}`) }]),
    { id: "hide", label: t("rowMenu.hide"), icon: EyeOff, danger: true, run: hide },
  ];

  function markRead({ id, last_seq, unread_mark }: ConversationView): void {
    if (unread_mark) own.markUnread(id, false);
    store.markRead(id, last_seq);
  }

  function hide(): void {
    own.hideConversation(row.id);
    if (router.currentRoute.value.params["conversation"] === row.id) void router.push("/");
    const undo = { label: t("rowMenu.undo"), run: () => own.hideConversation(row.id, false) };
    useLayers().say(t("rowMenu.hidden"), "plain", undo, false);
  }
}
