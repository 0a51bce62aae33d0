/** Starting a call from a conversation, with words when it does not work. */
import type { Media } from "@parlor/sdk";

import { i18n } from "@/i18n";
import { sayProblem } from "@/logic/problems";
import { parlor } from "@/sdk";
import { useLayers } from "@/stores/layers";

export async function startCall(conversationId: string, media: Media): Promise<void> {
  const layers = useLayers();
  const running = parlor.calls.current.get();
  if (running !== null && running.state.get().phase !== "ended") {
    layers.callMinimised = false;
    layers.say(i18n.global.t("call.busyHere"));
    return;
  }
  layers.callMinimised = false;
  try {
    await parlor.calls.start(conversationId, media);
  } catch (refused) {
    layers.say(sayProblem(refused, "call"), "problem");
  }
}
