/**
 * What the composer holds, and how it agrees with the draft that all devices of this person have.
 *
 * What another device writes is taken over for as long as nothing was typed here, whether or not
 * one is in the field; what was typed here is replaced by nothing but its author.
 */
import type { Drafts } from "@parlor/sdk";
import { onScopeDispose, ref, watch, type Ref } from "vue";

export interface Drafting {
  text: Ref<string>;
  /** While this is true, `text` and what it answers change because another device has changed them. */
  taking: () => boolean;
}

/** Of the stage: the message that is answered, and the one that is edited; 0: none. */
interface Aims {
  readonly replyTo: Ref<number>;
  readonly editing: Ref<number>;
}

/** `wording`: what a message that is edited says. `composing`: an input method holds letters. */
export function useDrafting(
  conversation: string,
  drafts: Pick<Drafts, "all" | "draft" | "set">,
  { replyTo, editing }: Aims,
  wording: (seq: number) => string,
  composing: () => boolean,
): Drafting {
  const text = ref("");
  let typedHere = false;
  let taking = false;
  /** What was being written before an edit began. */
  let setAside = drafts.draft(conversation).text;

  function put(now: string, answers: number): void {
    taking = true;
    text.value = now;
    replyTo.value = answers;
    taking = false;
  }

  function take(): void {
    if (typedHere || editing.value > 0 || composing()) return;
    const draft = drafts.draft(conversation);
    put(draft.text, draft.reply_to);
  }

  /** An answer may have been begun during an edit. */
  function keepAim(): void {
    if (replyTo.value === drafts.draft(conversation).reply_to) return;
    drafts.set(conversation, setAside, replyTo.value);
  }

  if (editing.value > 0) text.value = wording(editing.value);
  take();
  // All at once: between a key and its draft, nothing from elsewhere gets in.
  watch(
    [text, replyTo],
    ([now, answers]) => {
      if (taking || editing.value > 0) return;
      typedHere = now !== "";
      drafts.set(conversation, now, answers);
    },
    { flush: "sync" },
  );
  watch(
    editing,
    (seq, before) => {
      if (before === 0) setAside = text.value;
      put(seq === 0 ? setAside : wording(seq), replyTo.value);
      if (seq > 0) return;
      keepAim();
      take();
    },
    { flush: "sync" },
  );
  onScopeDispose(drafts.all.subscribe(take));
  onScopeDispose(() => editing.value > 0 && keepAim());
  return { text, taking: () => taking };
}
