/** A failure in words that a person can act on. */
import { MediaProblem, ParlorError } from "@parlor/sdk";

import { i18n, localeOf } from "@/i18n";

import { waitText } from "./when";

export function sayProblem(problem: unknown): string {
  const { t, te, locale } = i18n.global;
  if (problem instanceof MediaProblem) return t(`call.problem.${problem.reason}_${problem.device}`);
  if (!(problem instanceof ParlorError)) return t("errors.unknown");
  const key = `errors.${problem.code}`;
  if (!te(key)) return t("errors.unknown");
  const wait = waitText(problem.retryAfterS > 0 ? problem.retryAfterS : 60, localeOf(locale.value));
  return t(key, { wait });
}
