import type { Clock } from '../base/clock.ts';

/** How long a model has thought, be it in several stretches. */
export class ThinkingTime {
  readonly #clock: Clock;
  /** Of stretches that are over, ms. */
  #before: number;
  /** Monotonic, ms. */
  #since: number | undefined;

  /** @param beforeMs of an earlier run of the same answer */
  constructor(clock: Clock, beforeMs = 0) {
    this.#clock = clock;
    this.#before = beforeMs;
  }

  get isThinking(): boolean {
    return this.#since !== undefined;
  }

  get ms(): number {
    return this.#before + (this.#since === undefined ? 0 : Math.round(this.#clock.monotonic() - this.#since));
  }

  begin(): void {
    this.#since ??= this.#clock.monotonic();
  }

  end(): void {
    this.#before = this.ms;
    this.#since = undefined;
  }
}
