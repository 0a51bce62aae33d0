/** Days as a date field gives them ("2026-11-21"), as Unix milliseconds here; 0 for none. */
export function startOfDay(field: string): number {
  const at = field === "" ? Number.NaN : new Date(`${field}T00:00`).getTime();
  return Number.isNaN(at) ? 0 : Math.max(0, at);
}

/** Also where a day is longer or shorter than others. */
export function dayAfter(field: string): number {
  const at = startOfDay(field);
  if (at === 0) return 0;
  const day = new Date(at);
  day.setDate(day.getDate() + 1);
  return day.getTime();
}
