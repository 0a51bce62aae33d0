/** When a message may be sent later, in the person's own time zone. Pure. */

export interface Later {
  name: "hour" | "evening" | "tomorrow" | "monday";
  at: number;
}

const HOUR_MS = 3_600_000;

/** What is likely to be meant, the soonest first; this evening only while it is not near. */
export function laterTimes(now: number): Later[] {
  const times: Later[] = [{ name: "hour", at: Math.ceil((now + HOUR_MS) / 60_000) * 60_000 }];
  const evening = dayAt(now, 0, 18);
  if (evening - now > 2 * HOUR_MS) times.push({ name: "evening", at: evening });
  times.push({ name: "tomorrow", at: dayAt(now, 1, 9) });
  const days = (8 - new Date(now).getDay()) % 7 || 7;
  if (days > 1) times.push({ name: "monday", at: dayAt(now, days, 9) });
  return times;
}

function dayAt(now: number, days: number, hour: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  return day.setHours(hour, 0, 0, 0);
}

/** As a datetime-local field has it. */
export function fieldTime(at: number): string {
  const local = new Date(at);
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
  return `${day}T${two(local.getHours())}:${two(local.getMinutes())}`;
}

/** Null when the field is not filled. */
export function timeOfField(value: string): number | null {
  const at = new Date(value).getTime();
  return Number.isNaN(at) ? null : at;
}
