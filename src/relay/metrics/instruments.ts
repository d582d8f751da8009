/** One number that only grows. */
export class Counter {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(amount = 1): void {
    this.#value += amount;
  }
}

/** A counter for each of a closed set of label values, made at the start: nothing from outside can add a series. */
export class CounterSet<T extends string> {
  readonly #counters: ReadonlyMap<T, Counter>;

  constructor(values: readonly T[]) {
    this.#counters = new Map(values.map((value) => [value, new Counter()]));
  }

  add(value: T): void {
    this.#counters.get(value)?.add();
  }

  /** In the order of the set. */
  get values(): readonly (readonly [value: T, count: number])[] {
    return [...this.#counters].map(([value, counter]) => [value, counter.value]);
  }
}

/** What a histogram holds at one moment. */
export interface HistogramReading {
  /** Upper bounds in seconds, rising; the last bucket has none. */
  readonly bounds: readonly number[];
  /** How many were at most each bound, and last how many there were. */
  readonly cumulative: readonly number[];
  readonly sumSeconds: number;
}

/** Counts durations in fixed buckets; observing one allocates nothing. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sumSeconds = 0;

  /** @param bounds in seconds, rising */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observeMs(ms: number): void {
    const seconds = ms / 1000;
    let at = 0;
    while (at < this.#bounds.length && seconds > (this.#bounds[at] ?? Infinity)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sumSeconds += seconds;
  }

  get reading(): HistogramReading {
    let total = 0;
    const cumulative = Array.from(this.#counts, (count) => (total += count));
    return { bounds: this.#bounds, cumulative, sumSeconds: this.#sumSeconds };
  }
}
