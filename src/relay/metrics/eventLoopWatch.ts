import { every, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Histogram, type HistogramReading } from './instruments.ts';

/** Often enough to find a stall, rare enough to cost nothing. */
const SAMPLE_MS = 250;
/** From the timer's own grain to what looks like a dead relay to its links. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Measures how late this process comes to what is due, until disposed. Cumulative, so that any number of readers may ask. */
export class EventLoopWatch implements Disposable {
  readonly #delays = new Histogram(BOUNDS);
  readonly #timer: Disposable;

  constructor(clock: Clock) {
    let last = clock.monotonic();
    this.#timer = every(clock, SAMPLE_MS, () => {
      const now = clock.monotonic();
      this.#delays.observeMs(Math.max(0, now - last - SAMPLE_MS));
      last = now;
    });
  }

  get reading(): HistogramReading {
    return this.#delays.reading;
  }

  dispose(): void {
    this.#timer.dispose();
  }
}
