/** "5 minutes ago", "yesterday"; a date when it is longer than a week ago. Times are Unix milliseconds. */
export function agoText(at: number, now: number, locale: string): string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const minutes = Math.max(0, Math.floor((now - at) / 60_000));
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 24 * 60) return relative.format(-Math.floor(minutes / 60), "hour");
  if (minutes < 7 * 24 * 60) return relative.format(-Math.floor(minutes / (24 * 60)), "day");
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(at);
}
