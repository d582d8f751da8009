import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';

/** Nothing has run for so long before that is told: between two quick requests the status does not flicker. */
export const QUIET_MS = 250;

/**
 * Tells how much runs, and never in the way of what runs: telling may write to a screen or a pipe, which costs as much as passing a token
 * on. A beginning is told in the next turn of the event loop, a full end after {@link QUIET_MS}.
 */
export class RunningReport implements Disposable {
  readonly #clock: Clock;
  readonly #count: () => number;
  readonly #listener: { setStreams(count: number): void };
  #told = 0;
  #isPlanned = false;
  #isDisposed = false;
  /** Monotonic, ms. */
  #quietSince = 0;
  #timer: Disposable | undefined;

  /** @param count what runs now */
  constructor(clock: Clock, count: () => number, listener: { setStreams(count: number): void }) {
    this.#clock = clock;
    this.#count = count;
    this.#listener = listener;
  }

  /** The count has changed. */
  readonly note = (): void => {
    if (this.#isDisposed) return;
    if (this.#count() === 0) {
      this.#quietSince = this.#clock.monotonic();
      this.#watch(QUIET_MS);
    } else if (!this.#isPlanned) {
      this.#isPlanned = true;
      this.#clock.nextTurn(this.#begin);
    }
  };

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
  }

  readonly #begin = (): void => {
    this.#isPlanned = false;
    const count = this.#count();
    if (!this.#isDisposed && count > 0) this.#say(count);
  };

  /** One timer for many ends: it looks back when it fires. */
  #watch(ms: number): void {
    this.#timer ??= this.#clock.after(ms, () => {
      this.#timer = undefined;
      if (this.#count() > 0) return;
      const left = this.#quietSince + QUIET_MS - this.#clock.monotonic();
      // whole milliseconds: what rounding leaves of one would be waited for again and again while the clock stands still
      if (left > 0) this.#watch(Math.ceil(left));
      else this.#say(0);
    });
  }

  #say(count: number): void {
    if (count === this.#told) return;
    this.#told = count;
    this.#listener.setStreams(count);
  }
}
