import type { Clock } from './clock.ts';
import { toDisposable, type Disposable } from './disposable.ts';

/** A timer this late was held up by our own event loop, and what came meanwhile has not been read either. */
const STALL_MS = 1_000;
/** Then there is another look, this much later at most: time to read what waits, and for a question that was held up to be answered. */
const LOOK_AGAIN_MS = 3_000;

/**
 * Runs `judge` when `delayMs` have gone by without a disposal. Silence proves nothing while our own event loop stood still: a timer that
 * fires late looks once more before it judges.
 */
export function deadline(clock: Clock, delayMs: number, judge: () => void): Disposable {
  let timer: Disposable;
  const arm = (ms: number): void => {
    const dueAt = clock.monotonic() + ms;
    timer = clock.after(ms, () => {
      if (clock.monotonic() - dueAt > STALL_MS) arm(Math.min(delayMs, LOOK_AGAIN_MS));
      else judge();
    });
  };
  arm(delayMs);
  return toDisposable(() => {
    timer.dispose();
  });
}
