import { periodOf, type Period } from '../base/daysAgo.ts';
import type { ConversationSummary } from '../protocol/chat.ts';
import { noted } from '../base/say.ts';
import { say } from './speech.ts';

export interface DateGroup {
  readonly label: string;
  readonly items: readonly ConversationSummary[];
}

const labels: Readonly<Record<Period, string>> = {
  today: noted('Today'),
  yesterday: noted('Yesterday'),
  week: noted('Last 7 days'),
  month: noted('Last 30 days'),
  older: noted('Older'),
};

/** Groups chats, newest first, by how long ago they changed, in the days of the reader's own time zone. `now` is wall clock, ms. */
export function groupByDate(chats: readonly ConversationSummary[], now: number): DateGroup[] {
  const groups = new Map<string, ConversationSummary[]>();
  for (const chat of [...chats].sort((a, b) => b.updatedAt - a.updatedAt)) {
    const label = labels[periodOf(chat.updatedAt, now)];
    groups.set(label, [...(groups.get(label) ?? []), chat]);
  }
  return [...groups].map(([label, items]) => ({ label: say(label), items }));
}
