import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';

/** Calls back whenever nothing has been noted for a while. One timer for many notes: it looks back when it fires. */
export class QuietWatch implements Disposable {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onQuiet: () => void;
  #timer: Disposable;
  /** Monotonic, ms. */
  #notedAt: number;

  /** @param firstMs until the first call; @param ms from then on */
  constructor(clock: Clock, firstMs: number, ms: number, onQuiet: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onQuiet = onQuiet;
    this.#notedAt = clock.monotonic() + firstMs - ms;
    this.#timer = this.#arm(firstMs);
  }

  note(): void {
    this.#notedAt = this.#clock.monotonic();
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #arm(ms: number): Disposable {
    return this.#clock.after(ms, () => {
      const left = this.#notedAt + this.#ms - this.#clock.monotonic();
      if (left <= 0) this.note();
      this.#timer = this.#arm(left > 0 ? left : this.#ms);
      if (left <= 0) this.#onQuiet();
    });
  }
}
