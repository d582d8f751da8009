import type { ModelPull } from '../protocol/chatModels.ts';

/** How fast a download goes, as its reports tell. */
export interface PullPace {
  /** Wall clock of the report that the next one is measured from, ms, and the bytes it told of. */
  readonly at: number;
  readonly completed: number;
  readonly total: number;
  /** Bytes a second; absent until two reports could be compared. */
  readonly perSecond?: number;
}

/** Two reports nearer together than this say nothing of speed, ms. */
const LEAST_MS = 1_000;
/** Reports further apart than this belong to a machine that slept, ms. */
const MOST_MS = 60_000;
/** What is older than this counts little, ms. */
const MEMORY_MS = 5_000;

export function paceOf(before: PullPace | undefined, { completed = 0, total = 0 }: ModelPull, now: number): PullPace {
  const fresh = { at: now, completed, total };
  if (!before) return fresh;
  const { perSecond } = before;
  const elapsed = now - before.at;
  const known = perSecond === undefined ? {} : { perSecond };
  // A layer that has just become known brings bytes along that came at another time.
  if (total !== before.total || completed < before.completed || elapsed < 0 || elapsed > MOST_MS) return { ...fresh, ...known };
  if (elapsed < LEAST_MS) return before;
  const measured = ((completed - before.completed) * 1000) / elapsed;
  const weight = perSecond === undefined ? 1 : Math.min(1, elapsed / MEMORY_MS);
  return { ...fresh, perSecond: (perSecond ?? 0) + (measured - (perSecond ?? 0)) * weight };
}

/** Until all that is known of is there, ms; undefined while nobody can say. */
export function remainingMs({ completed, total, perSecond }: PullPace): number | undefined {
  if (perSecond === undefined || perSecond <= 0 || total === 0) return undefined;
  return ((total - completed) * 1000) / perSecond;
}
