import type { Clock } from './clock.ts';

/** A bucket of tokens: how many it holds, and how many come back in a second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * One bucket of tokens for each name, full at first. A bucket is one number, the time at which it is full again (GCRA, ITU-T I.371), and
 * one that is full is forgotten; of more than `maxNames` the one that was used longest ago goes first, for it has come back furthest.
 */
export class RateLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #burstMs: number;
  readonly #tokenMs: number;
  readonly #maxNames: number;
  /** When each is full again, monotonic, ms; in the order in which they last asked, so that no flood of other names frees who goes on. */
  readonly #fullAt = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>, { burst, perSecond }: Rate, maxNames: number) {
    this.#clock = clock;
    this.#tokenMs = 1000 / perSecond;
    this.#burstMs = burst * this.#tokenMs;
    this.#maxNames = maxNames;
  }

  /** Names remembered. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** Takes a token. @returns 0, or for how many ms there is none; then nothing was taken */
  take(name: string): number {
    const now = this.#clock.monotonic();
    const waitMs = this.#waitMs(name, now);
    const fullAt = Math.max(now, this.#fullAt.get(name) ?? now);
    this.#set(name, waitMs === 0 ? fullAt + this.#tokenMs : fullAt, now);
    return waitMs;
  }

  /** As {@link take}, and takes nothing. */
  waitMs(name: string): number {
    return this.#waitMs(name, this.#clock.monotonic());
  }

  #waitMs(name: string, now: number): number {
    const fullAt = this.#fullAt.get(name) ?? now;
    // a thousandth of a token: sums of fractions are not exact
    return Math.max(0, fullAt + this.#tokenMs * 0.999 - this.#burstMs - now);
  }

  #set(name: string, fullAt: number, now: number): void {
    this.#fullAt.delete(name);
    this.#fullAt.set(name, fullAt);
    for (const [oldest, at] of this.#fullAt) {
      if (at > now && this.#fullAt.size <= this.#maxNames) return;
      this.#fullAt.delete(oldest);
    }
  }
}
