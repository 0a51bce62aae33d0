/**
 * Files on their way into a conversation. They go on while one looks at another conversation, and
 * each becomes a message of its own once it is whole.
 */
import { shallowReactive } from "vue";

import { kindFor } from "@/logic/files";
import { parlor } from "@/sdk";

export interface Going {
  readonly key: number;
  readonly conversation: string;
  readonly file: File;
  readonly name: string;
  /** Bytes that the server has. */
  sent: number;
  state: "going" | "failed";
  problem: unknown;
  stop: AbortController;
}

/** Those of all conversations, in the order in which they were chosen. */
export const going: Going[] = shallowReactive([]);
let keys = 0;
/** They are sent in their order, however long each takes. */
let before = Promise.resolve();

export function attach(conversation: string, files: Iterable<File>): void {
  for (const file of files) {
    const one: Going = shallowReactive({ key: ++keys, conversation, file, name: nameOf(file), sent: 0, state: "going", problem: null, stop: new AbortController() });
    going.push(one);
    start(one);
  }
}

export function giveUp(one: Going): void {
  one.stop.abort();
  drop(one);
}

export function retry(one: Going): void {
  one.state = "going";
  one.sent = 0;
  one.stop = new AbortController();
  start(one);
}

parlor.session.subscribe(({ status }) => {
  // Somebody else may sign in here next: nothing of this person goes on.
  if (status === "signed_out") for (const one of [...going]) giveUp(one);
});

function start(one: Going): void {
  before = before.then(() => bring(one));
}

async function bring(one: Going): Promise<void> {
  const { signal } = one.stop;
  if (signal.aborted) return;
  const how = { name: one.name, signal, onProgress: (bytes: number) => (one.sent = bytes) };
  try {
    const kind = kindFor(one.file);
    const uploaded = await parlor.files.upload(one.file, { ...how, kind }).catch((refused: unknown) => {
      // It only looked like a picture: it is still a file.
      if (kind === "picture" && (refused as { code?: string }).code === "bad_picture") return parlor.files.upload(one.file, { ...how, kind: "file" });
      throw refused;
    });
    if (signal.aborted) return;
    parlor.outbox.send({ conversationId: one.conversation, text: "", file: uploaded.id });
    drop(one);
  } catch (refused) {
    if (signal.aborted) return;
    one.problem = refused;
    one.state = "failed";
  }
}

function drop(one: Going): void {
  const at = going.indexOf(one);
  if (at >= 0) going.splice(at, 1);
}

/** What is pasted has no name of its own. */
function nameOf(file: File): string {
  return file.name || `${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.${file.type.split("/")[1] ?? "bin"}`;
}
