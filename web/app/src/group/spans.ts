/** Lengths of time that somebody chooses from, in seconds, and what they are called. 0 is without an end. */
import { useI18n } from "vue-i18n";

import { usePreferences } from "@/stores/preferences";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const MUTE_SPANS = [10 * MINUTE, HOUR, 8 * HOUR, DAY, 7 * DAY, 0] as const;
export const LINK_SPANS = [HOUR, DAY, 7 * DAY, 30 * DAY, 0] as const;
export const SLOW_SPANS = [0, 5, 10, 30, MINUTE, 5 * MINUTE, HOUR] as const;

export function useSpans() {
  const { t } = useI18n();
  const preferences = usePreferences();

  /** "10 minutes", "1 hour", "7 days". */
  function length(seconds: number): string {
    const [unit, size] =
      seconds >= DAY ? (["day", DAY] as const) : seconds >= HOUR ? (["hour", HOUR] as const) : seconds >= MINUTE ? (["minute", MINUTE] as const) : (["second", 1] as const);
    return new Intl.NumberFormat(preferences.locale, { style: "unit", unit, unitDisplay: "long" }).format(Math.round(seconds / size));
  }

  function spanName(seconds: number): string {
    return seconds === 0 ? t("details.noEnd") : length(seconds);
  }

  /** A day and a time to come, Unix milliseconds. */
  function moment(at: number): string {
    return new Intl.DateTimeFormat(preferences.locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
  }

  return { length, spanName, moment };
}
