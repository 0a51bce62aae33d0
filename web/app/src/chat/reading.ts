/** What a person has seen of the conversation that is open, and telling the server how far that is. */
import type { ConversationView, ThreadView } from "@parlor/sdk";
import { useThrottleFn } from "@vueuse/core";
import { computed, onBeforeUnmount, ref } from "vue";

import { below as unseen, followsSeen, lastSeqUpTo } from "@/logic/reading";
import { holdsLine, type Row } from "@/logic/thread_rows";
import { parlor } from "@/sdk";

const TELL_MS = 300;

/** Indexes of the first and the last of `rows` that are in sight; `atEnd`: nothing is below. */
export interface Sight {
  rows: readonly Row[];
  top: number;
  end: number;
  atEnd: boolean;
}

type About = Readonly<{ view: ThreadView; conversation: ConversationView; me: string }>;

/**
 * `sight`: null while nobody looks, or what is drawn is on its way to another place. What one has
 * jumped over is not seen, until one comes to it or to the end.
 */
export function useReading(about: About, sight: () => Sight | null) {
  const { id } = about.conversation;
  const seen = ref(about.conversation.read_seq);
  const mention = ref(0);
  let told = 0;
  /** What is in sight may not follow what was seen. */
  let jumped = true;

  const below = computed(() => unseen(about.view, about.conversation, about.me, seen.value, mention.value, Date.now()));
  const tell = useThrottleFn(() => parlor.store.markRead(id, seen.value), TELL_MS, true);

  /** What is in sight now has been seen. */
  function see(): void {
    const now = sight();
    if (now === null) return;
    const { view, conversation } = about;
    seen.value = Math.max(seen.value, conversation.read_seq);
    if (now.atEnd) {
      seen.value = Math.max(seen.value, view.events.at(-1)?.seq ?? 0);
    } else {
      const whole = holdsLine(view.events, { lineAfter: seen.value, begun: !view.more });
      if (jumped && !followsSeen(now.rows, now.top, seen.value, whole)) return;
      seen.value = Math.max(seen.value, lastSeqUpTo(now.rows, now.end));
    }
    jumped = false;
    // Told once: without a link the row may not follow.
    if (seen.value <= Math.max(conversation.read_seq, told)) return;
    told = seen.value;
    if (now.atEnd) parlor.store.markRead(id, seen.value);
    else void tell();
  }

  /** The view goes to another place, not by scrolling. */
  function jump(): void {
    jumped = true;
  }

  /** The next message below that names this person; null when there is none. */
  function nextMention(): number | null {
    const seq = below.value.named[0] ?? null;
    if (seq !== null) mention.value = seq;
    return seq;
  }

  onBeforeUnmount(() => {
    if (seen.value > about.conversation.read_seq) parlor.store.markRead(id, seen.value);
  });
  return { below, see, jump, nextMention };
}
