/** Says what the server refused of things that were shown as done: the act is undone by itself, its reason is not. */
import { ParlorError, type Act } from "@parlor/sdk";
import { onScopeDispose } from "vue";

import { sayProblem, type Doing } from "@/logic/problems";
import { parlor } from "@/sdk";
import { useLayers } from "@/stores/layers";

/** Refused messages stay in their thread, with a retry of their own. */
const SAID = /^(contact|block|conversation|setting|star)\./;

const DOING: { readonly [method: string]: Doing } = { "contact.request": "contact_request", "contact.decide": "contact_decide", "block.set": "block_set" };

/** Call once, in the shell's scope. */
export function sayRefusals(): void {
  const layers = useLayers();
  const tell = (acts: readonly Act[]): void => {
    for (const act of acts) {
      if (act.state !== "refused" || !SAID.test(act.method)) continue;
      const reason = ParlorError.from(act.error ?? { code: "internal", message: "" });
      layers.say(sayProblem(reason, DOING[act.method]), "problem");
      parlor.queue.drop(act.client_id);
    }
  };
  tell(parlor.queue.acts.get());
  onScopeDispose(parlor.queue.acts.subscribe(tell));
}
