/**
 * What the parts of one conversation's stage share: what is being answered, edited or picked, which
 * sheet is open, and where the view is to go. Made by Chat for each conversation that is opened.
 */
import type { ConversationView, Event, Forwarded, Hit, MessageState, SearchKind, ThreadView } from "@parlor/sdk";
import { computed, inject, provide, ref, shallowRef, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from "vue";

import { possible, type Possible, type Silenced } from "@/logic/rights";
import type { Spot } from "@/parts/long_press";
import { parlor } from "@/sdk";

export type StageSheet =
  | { kind: "picture"; seq: number }
  | { kind: "history" | "reactors" | "readers"; seq: number }
  | { kind: "find" | "pins" | "stars" | "scheduled" }
  | { kind: "schedule"; message: Composed }
  | { kind: "forward"; seqs: readonly number[] }
  | { kind: "merged"; merged: readonly Forwarded[]; text: string };

/** What the composer holds, ready to be sent now or later. */
export interface Composed {
  text: string;
  replyTo: number;
  mentions: readonly string[];
  mentionsAll: boolean;
  silent: boolean;
  expiresInS: number;
}

/** What was looked for here and found, newest first, and which of it one is at. */
export interface Finding {
  asked: { text: string; sender: string; kind: SearchKind | ""; since: string; until: string };
  hits: readonly Hit[];
  at: number;
}

export interface MessageAt {
  event: Event;
  state: MessageState | undefined;
}

export interface Stage {
  readonly id: string;
  readonly me: string;
  readonly view: Readonly<ShallowRef<ThreadView>>;
  readonly conversation: ComputedRef<ConversationView>;
  readonly quiet: Ref<Silenced | null>;
  /** Seq of the message being answered; 0: none. */
  readonly replyTo: Ref<number>;
  readonly editing: Ref<number>;
  /** Seqs that are picked; null: nothing is to be picked. */
  readonly picked: Ref<ReadonlySet<number> | null>;
  readonly sheet: ShallowRef<StageSheet | null>;
  readonly menu: ShallowRef<{ seq: number; spot: Spot } | null>;
  readonly picker: ShallowRef<{ seq: number; spot: Spot } | null>;
  /** A new object asks the thread to go to `seq`; 0: to the latest. */
  readonly wanted: ShallowRef<{ seq: number } | null>;
  readonly finding: ShallowRef<Finding | null>;
  /** A text that the composer is to take over, as of a message taken back. */
  readonly again: ShallowRef<{ text: string } | null>;
  at(seq: number): MessageAt | undefined;
  possible(seq: number): Possible | null;
}

const KEY: InjectionKey<Stage> = Symbol("stage");
const USUAL = { recall_window_s: 120, edit_window_s: 172_800 };

/** The texts of messages that were taken back here, for "edit again". Forgotten with the page. */
const takenBack = new Map<string, string>();

export function provideStage(id: string, me: string, view: Readonly<ShallowRef<ThreadView>>, conversation: ComputedRef<ConversationView>, quiet: Ref<Silenced | null>): Stage {
  const at = (seq: number): MessageAt | undefined => {
    const { events, states } = view.value;
    const event = events[seq - (events[0]?.seq ?? 0)];
    return event === undefined ? undefined : { event, state: states.get(seq) };
  };
  const stage: Stage = {
    id,
    me,
    view,
    conversation,
    quiet,
    replyTo: ref(0),
    editing: ref(0),
    picked: ref(null),
    sheet: shallowRef(null),
    menu: shallowRef(null),
    picker: shallowRef(null),
    wanted: shallowRef(null),
    again: shallowRef(null),
    finding: shallowRef(null),
    at,
    possible(seq) {
      const message = at(seq);
      if (message?.event.kind !== "message") return null;
      const limits = parlor.link.limits ?? USUAL;
      return possible(message.event, message.state, conversation.value, me, Date.now(), limits, quiet.value);
    },
  };
  provide(KEY, stage);
  return stage;
}

export function useStage(): Stage {
  const stage = inject(KEY);
  if (stage === undefined) throw new Error("There is no stage around this component.");
  return stage;
}

export function rememberTakenBack(conversation: string, seq: number, text: string): void {
  takenBack.set(`${conversation}/${seq}`, text);
}

export function textTakenBack(conversation: string, seq: number): string {
  return takenBack.get(`${conversation}/${seq}`) ?? "";
}

/** Whether a message is among the picked ones, drawn again only when that changes. */
export function usePicked(stage: Stage, seq: () => number): ComputedRef<boolean | null> {
  return computed(() => stage.picked.value?.has(seq()) ?? null);
}
