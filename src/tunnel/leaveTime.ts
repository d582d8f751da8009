import type { Random } from '../base/random.ts';

const MAX_LEAVE_MS = 60_000;

/**
 * When to leave a relay that goes away in `delayMs` (GOAWAY): before it, and everybody at a time of their own. Until then the link is as
 * good as ever.
 */
export function leaveDelayMs(delayMs: number, random: Random): number {
  return random.float() * Math.min(delayMs, MAX_LEAVE_MS);
}
