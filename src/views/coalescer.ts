import type { Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';

/**
 * Runs `write` on request, at most once per `intervalMs`: the first request at once, those that follow together at the end of the
 * interval. The last request is always followed by a write.
 */
export class Coalescer implements Disposable {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #write: () => void;
  #state: 'idle' | 'resting' | 'pending' | 'disposed' = 'idle';
  #timer: Disposable = toDisposable(() => undefined);

  constructor(clock: Clock, intervalMs: number, write: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#write = write;
  }

  request(): void {
    if (this.#state === 'idle') this.#run();
    else if (this.#state === 'resting') this.#state = 'pending';
  }

  dispose(): void {
    this.#state = 'disposed';
    this.#timer.dispose();
  }

  #run(): void {
    this.#state = 'resting';
    this.#timer = this.#clock.after(this.#intervalMs, () => {
      if (this.#state === 'pending') this.#run();
      else this.#state = 'idle';
    });
    this.#write();
  }
}
