import { every, type Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { SLEEP_GAP_MS } from '../protocol/limits.ts';

/** Short enough that a dead line is dialled anew within 1.5 s of waking. */
const TICK_MS = 1_000;

const watches = new WeakMap<Clock, WakeWatch>();

/**
 * Calls `listener` when the machine has woken up: timers stand still while it sleeps, the wall clock does not. No program is told of
 * sleep otherwise. Everybody with the same clock, which is everybody in a process, shares one timer; it ends with the last listener.
 */
export function onWake(clock: Clock, listener: () => void): Disposable {
  let watch = watches.get(clock);
  if (!watch) {
    watch = new WakeWatch(clock);
    watches.set(clock, watch);
  }
  return watch.add(listener);
}

class WakeWatch {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #ticking: Disposable | undefined;
  #lastTick = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(listener: () => void): Disposable {
    const own = (): void => {
      listener();
    };
    this.#listeners.add(own);
    if (!this.#ticking) {
      this.#lastTick = this.#clock.now();
      this.#ticking = every(this.#clock, TICK_MS, () => {
        this.#tick();
      });
    }
    return toDisposable(() => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#ticking?.dispose();
      this.#ticking = undefined;
    });
  }

  #tick(): void {
    const now = this.#clock.now();
    const gap = now - this.#lastTick;
    this.#lastTick = now;
    if (gap > TICK_MS + SLEEP_GAP_MS) for (const listener of [...this.#listeners]) listener();
  }
}
