import type { RequestOptions } from "./link";
import type { Methods } from "./protocol";

/** One request to the server; rejects with a ParlorError only. */
export type Ask = <M extends keyof Methods>(
  method: M,
  params: Methods[M]["params"],
  options?: RequestOptions,
) => Promise<Methods[M]["result"]>;

/** For what only reads, and what somebody is waiting for. */
export const PATIENT: RequestOptions = { whenLimited: "wait" };
