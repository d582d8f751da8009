import type { Clock } from './clock.ts';
import type { Disposable } from './disposable.ts';

/** A timer this late was held up by our own event loop, and what came meanwhile has not been read either. */
const STALL_MS = 1_000;
/** Then there is another look, this much later at most: time to read what waits, and for a question that was held up to be answered. */
const LOOK_AGAIN_MS = 3_000;

/** Time that runs out unless somebody gives it more. */
export interface Deadline extends Disposable {
  /** Begins the delay anew. It sets no timer, so every message may do it. */
  renew(): void;
}

/**
 * Runs `judge` when `delayMs` have gone by without a renewal or a disposal. Silence proves nothing while our own event loop stood still: a
 * timer that fires late looks once more before it judges.
 */
export function deadline(clock: Clock, delayMs: number, judge: () => void): Deadline {
  let timer: Disposable;
  let dueAt: number;
  const arm = (ms: number): void => {
    const firesAt = clock.monotonic() + ms;
    timer = clock.after(ms, () => {
      const now = clock.monotonic();
      // a timer may come a hair early: only a renewal is worth another one
      if (now < dueAt && dueAt > firesAt) arm(dueAt - now);
      else if (now - firesAt > STALL_MS) arm(Math.min(delayMs, LOOK_AGAIN_MS));
      else judge();
    });
  };
  const renew = (): void => {
    dueAt = clock.monotonic() + delayMs;
  };
  renew();
  arm(delayMs);
  return {
    renew,
    dispose: () => {
      timer.dispose();
    },
  };
}
