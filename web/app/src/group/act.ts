/** Doing something to a group from a page: one at a time, and a refusal is shown with its reason. */
import { onScopeDispose, ref, type Ref } from "vue";
import { useI18n } from "vue-i18n";

import { sayProblem, type Doing } from "@/logic/problems";
import { parlor } from "@/sdk";
import { useLayers } from "@/stores/layers";

export interface Acting {
  busy: Ref<boolean>;
  /** Why it was refused, for where it was asked; empty when it was not. */
  problem: Ref<string>;
  /** True when it is done or, without a link, waits to be done. */
  act: (doing: () => Promise<unknown>, done?: string) => Promise<boolean>;
}

/**
 * `inline`: the page shows `problem` itself (a dialog covers the notes at the edge of the screen).
 * `doing`: what it is, for words of its own.
 * `needsLink`: what is done is no act of the queue; without a link it is refused instead of waiting.
 */
export function useAct({ inline = false, needsLink = false, doing }: { inline?: boolean; needsLink?: boolean; doing?: Doing } = {}): Acting {
  const layers = useLayers();
  const { t } = useI18n();
  const busy = ref(false);
  const problem = ref("");
  let here = true;
  onScopeDispose(() => (here = false));

  function refused(reason: unknown): void {
    problem.value = sayProblem(reason, doing);
    if (!inline || !here) layers.say(problem.value, "problem");
  }

  async function act(doing: () => Promise<unknown>, done = ""): Promise<boolean> {
    if (busy.value) return false;
    problem.value = "";
    const result = doing();
    if (!needsLink && parlor.link.state.get().status !== "online") {
      result.catch(refused);
      layers.say(t("details.later"));
      return true;
    }
    busy.value = true;
    try {
      await result;
      if (done !== "") layers.say(done);
      return true;
    } catch (reason) {
      refused(reason);
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { busy, problem, act };
}
