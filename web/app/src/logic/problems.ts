/** A failure in words that a person can act on. */
import { MediaProblem, ParlorError } from "@parlor/sdk";

import { i18n, localeOf } from "@/i18n";

import { waitText } from "./when";

/** What was being done, where the reason alone would leave a person guessing. */
export type Doing = "contact_request" | "contact_decide" | "block_set" | "chat" | "call" | "device" | "add" | "password" | "room";

export function sayProblem(problem: unknown, doing?: Doing): string {
  const { t, te, locale } = i18n.global;
  if (problem instanceof MediaProblem) return t(`call.problem.${problem.reason}_${problem.device}`);
  if (!(problem instanceof ParlorError)) return t("errors.unknown");
  const own = `refused.${doing}.${problem.code}`;
  const key = doing !== undefined && te(own) ? own : `errors.${problem.code}`;
  if (!te(key)) return t("errors.unknown");
  const wait = waitText(problem.retryAfterS > 0 ? problem.retryAfterS : 60, localeOf(locale.value));
  return t(key, { wait });
}
