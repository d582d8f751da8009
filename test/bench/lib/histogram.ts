/** Values below this are counted exactly; above, a bucket is less than 0.1 % wide. */
const EXACT = 2048;
const HALF = EXACT / 2;
/** 0.1 µs. */
const UNITS_PER_US = 10;
const MAX_UNITS = 2 ** 31 - 1;
const BUCKETS = HALF * 22;

/** A histogram as it travels between processes and stands in the files: bucket, count, bucket, count, … */
export type EncodedHistogram = readonly number[];

/** Counts of times in log-linear buckets (as HdrHistogram does, three digits, 0.1 µs to 214 s), so that runs can be merged without loss. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #max = 0;

  static decode(encoded: EncodedHistogram): Histogram {
    const histogram = new Histogram();
    for (let at = 0; at + 1 < encoded.length; at += 2) histogram.#add(encoded[at] ?? 0, encoded[at + 1] ?? 0);
    return histogram;
  }

  get count(): number {
    return this.#total;
  }

  /** µs, to the width of its bucket. */
  get max(): number {
    return valueOf(this.#max);
  }

  /** @param us µs; what is negative counts as 0, what is longer than 214 s as that */
  record(us: number): void {
    this.#add(bucketOf(us), 1);
  }

  merge(other: Histogram): void {
    other.#counts.forEach((count, bucket) => {
      if (count > 0) this.#add(bucket, count);
    });
  }

  /** The time that `percent` of all values do not exceed, µs; NaN without values. */
  percentile(percent: number): number {
    if (this.#total === 0) return NaN;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket <= this.#max; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return valueOf(bucket);
    }
    return this.max;
  }

  encode(): EncodedHistogram {
    const encoded: number[] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) encoded.push(bucket, count);
    });
    return encoded;
  }

  #add(bucket: number, count: number): void {
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#total += count;
    this.#max = Math.max(this.#max, bucket);
  }
}

function bucketOf(us: number): number {
  const units = Math.min(Math.max(Math.round(us * UNITS_PER_US), 0), MAX_UNITS);
  if (units < EXACT) return units;
  const shift = 31 - Math.clz32(units) - 10;
  return shift * HALF + (units >>> shift);
}

/** The middle of a bucket, µs. */
function valueOf(bucket: number): number {
  if (bucket < EXACT) return bucket / UNITS_PER_US;
  const shift = Math.floor(bucket / HALF) - 1;
  const low = (bucket - shift * HALF) * 2 ** shift;
  return (low + 2 ** shift / 2) / UNITS_PER_US;
}
