/** Dates and spans as people say them, through `Intl`. `locale` is a BCP 47 tag, times are Unix milliseconds. */
import { sameDay } from "./thread_rows";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // Making one costs about 50 µs, and a list of messages asks for hundreds.
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (found === undefined) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}

export function clock(at: number, locale: string): string {
  return format(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
}

export function fullTime(at: number, locale: string): string {
  return format(locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}

/** For a row of a list: the time today, the weekday within a week, else the date. */
export function shortWhen(at: number, now: number, locale: string): string {
  if (sameDay(at, now)) return clock(at, locale);
  if (now - at < 6 * 86_400_000) return format(locale, { weekday: "short" }).format(at);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(locale, sameYear ? { day: "numeric", month: "short" } : { dateStyle: "short" }).format(at);
}

/** For a day separator. `words` are those for today and yesterday. */
export function dayName(at: number, now: number, locale: string, words: { today: string; yesterday: string }): string {
  if (sameDay(at, now)) return words.today;
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (sameDay(at, yesterday.getTime())) return words.yesterday;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(locale, { weekday: "long", day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) }).format(at);
}

/** 65 → 1:05, 3600 → 1:00:00. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (part: number): string => String(part).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** "in 30 seconds", "in 2 minutes": when to try again. */
export function waitText(seconds: number, locale: string): string {
  const relative = new Intl.RelativeTimeFormat(locale);
  return seconds < 90 ? relative.format(Math.max(1, Math.ceil(seconds)), "second") : relative.format(Math.ceil(seconds / 60), "minute");
}

const STEPS = [
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
  { unit: "second", seconds: 1 },
] as const;

/** "45 sec", "12 min", "3 days": how long, in its largest whole unit. */
export function longSpan(seconds: number, locale: string): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const step = STEPS.find((one) => whole >= one.seconds) ?? STEPS[3];
  const value = Math.floor(whole / step.seconds);
  return new Intl.NumberFormat(locale, { style: "unit", unit: step.unit, unitDisplay: "short" }).format(value);
}

/** A moment in full enough to find it: "Mon, 23 Nov, 09:00". */
export function dateAndClock(at: number, locale: string): string {
  return format(locale, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
}
