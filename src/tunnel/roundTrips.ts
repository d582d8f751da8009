import type { RoundTrip } from '../protocol/status.ts';

/** Five minutes of pings; also the bound of the window. */
const MAX_SAMPLES = 20;
/** Older than this a sample says nothing of now, ms. */
const SAMPLE_LIFETIME_MS = 5 * 60_000;

interface Sample {
  readonly rttMs: number;
  /** Monotonic, ms. */
  readonly at: number;
}

/** The newest round trips, and what they come to. */
export class RoundTrips {
  #samples: Sample[] = [];

  add(rttMs: number, at: number): void {
    this.#samples.push({ rttMs, at });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  clear(): void {
    this.#samples = [];
  }

  /** @param at monotonic, ms: what is too old by then is forgotten */
  summary(at: number): RoundTrip | undefined {
    this.#samples = this.#samples.filter((sample) => at - sample.at <= SAMPLE_LIFETIME_MS);
    const inOrder = this.#samples.map(({ rttMs }) => rttMs);
    const lastMs = inOrder.at(-1);
    if (lastMs === undefined) return undefined;
    const sorted = [...inOrder].sort((a, b) => a - b);
    return {
      lastMs,
      p50Ms: percentile(sorted, 0.5),
      p95Ms: percentile(sorted, 0.95),
      jitterMs: meanDifference(inOrder),
      samples: inOrder.length,
    };
  }
}

/** Rounded down to a sample, so that in a window of twenty or less one outlier alone decides nothing. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}

function meanDifference(inOrder: readonly number[]): number {
  if (inOrder.length < 2) return 0;
  let sum = 0;
  for (let index = 1; index < inOrder.length; index++) sum += Math.abs((inOrder[index] ?? 0) - (inOrder[index - 1] ?? 0));
  return sum / (inOrder.length - 1);
}
