import type { Quality } from '../protocol/status.ts';

type Grade = Exclude<Quality, 'unknown'>;

const grades: readonly Grade[] = ['excellent', 'good', 'fair', 'poor'];
/** Largest p95 of a round trip that still has the grade, ms; above the last it is poor. */
const gradeLimitsMs = [60, 120, 300] as const;

/** Below this many round trips nothing is known. */
export const MIN_GRADED_SAMPLES = 3;
/** So many equal outcomes in a row change a grade: one slow answer does not. */
const CHANGE_AFTER = 3;

/** What a p95 is worth, one grade less for each ping that found no answer in the last minute. */
export function gradeOf(p95Ms: number, missedLastMinute: number): Grade {
  const bySpeed = gradeLimitsMs.filter((limitMs) => p95Ms > limitMs).length;
  return grades[Math.min(bySpeed + missedLastMinute, grades.length - 1)] ?? 'poor';
}

/** The grade that is shown, and the one that asks to take its place. */
export interface QualityState {
  readonly shown: Quality;
  readonly asked?: Grade;
  readonly times?: number;
}

export const unknownQuality: QualityState = { shown: 'unknown' };

/** After the outcome of one more ping. @param grade undefined while there are too few samples */
export function nextQuality(state: QualityState, grade: Grade | undefined): QualityState {
  if (grade === undefined) return unknownQuality;
  if (state.shown === 'unknown' || state.shown === grade) return { shown: grade };
  const times = state.asked === grade ? (state.times ?? 0) + 1 : 1;
  return times >= CHANGE_AFTER ? { shown: grade } : { shown: state.shown, asked: grade, times };
}
