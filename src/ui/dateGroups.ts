import type { ConversationSummary } from '../protocol/chat.ts';

export interface DateGroup {
  readonly label: string;
  readonly items: readonly ConversationSummary[];
}

/** Groups chats, newest first, by how long ago they changed, in the days of the reader's own time zone. `now` is wall clock, ms. */
export function groupByDate(chats: readonly ConversationSummary[], now: number): DateGroup[] {
  const today = startOfDay(now, 0);
  const bounds: readonly (readonly [string, number])[] = [
    ['Today', today],
    ['Yesterday', startOfDay(now, 1)],
    ['Last 7 days', startOfDay(now, 7)],
    ['Last 30 days', startOfDay(now, 30)],
    ['Older', -Infinity],
  ];
  const groups = new Map<string, ConversationSummary[]>();
  for (const chat of [...chats].sort((a, b) => b.updatedAt - a.updatedAt)) {
    const label = bounds.find(([, from]) => chat.updatedAt >= from)?.[0] ?? 'Older';
    groups.set(label, [...(groups.get(label) ?? []), chat]);
  }
  return [...groups].map(([label, items]) => ({ label, items }));
}

function startOfDay(now: number, daysAgo: number): number {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  // By date, not by 24 hours: a day may have 23 or 25.
  day.setDate(day.getDate() - daysAgo);
  return day.getTime();
}
