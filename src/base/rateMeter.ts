import type { Clock } from './clock.ts';

/** Time that a rate looks back on, and into how many parts it is cut, so that the memory does not grow with the rate. */
const WINDOW_MS = 5_000;
const BUCKETS = 20;
const BUCKET_MS = WINDOW_MS / BUCKETS;
/** A rate over less time than this would leap about. */
const MIN_SPAN_MS = 1_000;

interface Bucket {
  /** Number of the span of time, from the clock's beginning. */
  readonly number: number;
  count: number;
}

/** How many of something came in a second, over the last five. A burst that has just begun counts from its own beginning. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #buckets: Bucket[] = [];
  /** Monotonic, ms: when the first came after a window of silence. */
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(count = 1): void {
    const now = this.#clock.monotonic();
    this.#forget(now);
    if (this.#buckets.length === 0) this.#since = now;
    const number = Math.floor(now / BUCKET_MS);
    const last = this.#buckets.at(-1);
    if (last?.number === number) last.count += count;
    else this.#buckets.push({ number, count });
  }

  get perSecond(): number {
    const now = this.#clock.monotonic();
    const from = Math.max(this.#since, this.#forget(now));
    let count = 0;
    for (const bucket of this.#buckets) count += bucket.count;
    return (count * 1000) / Math.max(MIN_SPAN_MS, now - from);
  }

  /** Drops what is too old. Returns from when on all is counted: the beginning of a bucket. */
  #forget(now: number): number {
    const first = Math.floor((now - WINDOW_MS) / BUCKET_MS) + 1;
    let old = 0;
    while ((this.#buckets[old]?.number ?? first) < first) old++;
    if (old > 0) this.#buckets.splice(0, old);
    return first * BUCKET_MS;
  }
}
