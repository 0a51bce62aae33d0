/** What lies over the screen: dialogs, the details drawer, the call's size, short notes. */
import { defineStore } from "pinia";
import { ref } from "vue";

import type { Panel } from "@/chat/details_view";

export type Dialog = "new_group" | "find_people" | "jump" | "sign_out" | "add_contact";

export interface Note {
  id: number;
  text: string;
  kind: "plain" | "problem";
  action?: { label: string; run: () => void };
}

const NOTE_MS = 5_000;

export const useLayers = defineStore("layers", () => {
  const dialog = ref<Dialog | null>(null);
  const details = ref(false);
  /** Which page of the details, while they are open. */
  const panel = ref<Panel>("details");
  /** The conversation somebody has come to by keyboard: its composer takes the focus, once. */
  const toWriteIn = ref("");
  const callMinimised = ref(false);
  const notes = ref<Note[]>([]);
  let lastNote = 0;

  function dropNote(id: number): void {
    notes.value = notes.value.filter((note) => note.id !== id);
  }

  /** Say something short at the edge of the screen. One with an action `stays` until it is answered, if not said otherwise. */
  function say(text: string, kind: Note["kind"] = "plain", action?: Note["action"], stays = action !== undefined): void {
    const id = ++lastNote;
    const note: Note = { id, text, kind };
    if (action !== undefined) note.action = action;
    notes.value = [...notes.value.filter((other) => other.text !== text), note];
    if (!stays) setTimeout(() => dropNote(id), NOTE_MS);
  }

  return { dialog, details, panel, toWriteIn, callMinimised, notes, say, dropNote };
});
