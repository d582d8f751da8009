/** How long ago something was, in the days of the reader's own time zone. */
export const periods = ['today', 'yesterday', 'week', 'month', 'older'] as const;
export type Period = (typeof periods)[number];

const daysBack = { today: 0, yesterday: 1, week: 7, month: 30, older: Infinity } as const;

/** In which period `at` lies, both wall clock, ms. What is yet to come is of today. */
export function periodOf(at: number, now: number): Period {
  return periods.find((period) => at >= startOfDay(now, daysBack[period])) ?? 'older';
}

function startOfDay(now: number, daysAgo: number): number {
  if (daysAgo === Infinity) return -Infinity;
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  // By date, not by 24 hours: a day may have 23 or 25.
  day.setDate(day.getDate() - daysAgo);
  return day.getTime();
}
