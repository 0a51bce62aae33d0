/** From a person to the conversation with that person. */
import { sayProblem } from "@/logic/problems";
import { router } from "@/router";
import { parlor } from "@/sdk";
import { useLayers } from "@/stores/layers";

/** The conversation's id, empty when it was refused: that is said then. */
export async function openChatWith(userId: string): Promise<string> {
  try {
    const conversation = await parlor.store.createDirect(userId);
    await router.push({ name: "conversation", params: { conversation: conversation.id } });
    return conversation.id;
  } catch (refused) {
    useLayers().say(sayProblem(refused, "chat"), "problem");
    return "";
  }
}
