import type { Random } from './random.ts';

export interface BackoffOptions {
  /** Delay before the first try, ms. Default 0 to 250. */
  readonly firstMaxMs?: number;
  /** How many of the tries after the first come within `quickMaxMs`. Default 3. */
  readonly quickTries?: number;
  readonly quickMaxMs?: number;
  /** Base of the exponential part, ms. Default 500. */
  readonly baseMs?: number;
  /** Cap of the exponential part, ms. Default 30,000. */
  readonly capMs?: number;
}

/**
 * The wait before try number `attempt` (1 is the first), in ms: a first try within 250 ms, three more under a second each, then
 * uniform(0, min(cap, base * 2^n)). The jitter comes after the cap, so that a crowd does not meet at the cap.
 */
export function backoffDelayMs(attempt: number, random: Random, options: BackoffOptions = {}): number {
  const { firstMaxMs = 250, quickTries = 3, quickMaxMs = 1000, baseMs = 500, capMs = 30_000 } = options;
  if (attempt <= 1) return random.float() * firstMaxMs;
  if (attempt <= 1 + quickTries) return random.float() * quickMaxMs;
  const exponent = Math.min(attempt - 1 - quickTries, 30);
  return random.float() * Math.min(capMs, baseMs * 2 ** exponent);
}
