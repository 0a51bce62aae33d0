/** From a person to the conversation with that person. */
import { sayProblem } from "@/logic/problems";
import { router } from "@/router";
import { parlor } from "@/sdk";
import { useLayers } from "@/stores/layers";

export async function openChatWith(userId: string): Promise<void> {
  try {
    const conversation = await parlor.store.createDirect(userId);
    await router.push({ name: "conversation", params: { conversation: conversation.id } });
  } catch (refused) {
    useLayers().say(sayProblem(refused, "chat"), "problem");
  }
}
