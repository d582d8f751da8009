import { liveSeed, type LivedWorld, type WorldName } from './worlds.ts';

/** After so many failing seeds the rest would tell nothing new. */
const ENOUGH_FAILURES = 3;

export interface SeedFailure {
  readonly seed: number;
  readonly message: string;
}

/** What a number of seeds went through. Plain values, so that it can be kept and sent. */
export interface SeedsReport {
  readonly seeds: number;
  readonly failures: readonly SeedFailure[];
  readonly events: number;
  readonly mostEvents: number;
  /** Time that passed in the worlds, ms. */
  readonly virtualMs: number;
  readonly worstRecoveryMs: number;
  readonly faults: Readonly<Record<string, number>>;
}

export const nothingLived: SeedsReport = {
  seeds: 0,
  failures: [],
  events: 0,
  mostEvents: 0,
  virtualMs: 0,
  worstRecoveryMs: 0,
  faults: {},
};

export interface LiveOptions {
  readonly trace?: (line: string) => void;
  /** Default 3. */
  readonly enoughFailures?: number;
}

/** Lives one seed after another in this thread. */
export async function liveSeeds(name: WorldName, seeds: Iterable<number>, options: LiveOptions = {}): Promise<SeedsReport> {
  let report = nothingLived;
  for (const seed of seeds) {
    // The world itself is let go: thousands of them would not fit into memory.
    report = total([report, reportOf(seed, await liveOne(name, seed, options.trace))]);
    if (report.failures.length >= (options.enoughFailures ?? ENOUGH_FAILURES)) break;
  }
  return report;
}

/** Several reports as one. */
export function total(parts: readonly SeedsReport[]): SeedsReport {
  const faults: Record<string, number> = {};
  for (const part of parts) for (const [kind, count] of Object.entries(part.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  const sum = (of: (part: SeedsReport) => number): number => parts.reduce((all, part) => all + of(part), 0);
  const most = (of: (part: SeedsReport) => number): number => parts.reduce((all, part) => Math.max(all, of(part)), 0);
  return {
    seeds: sum(({ seeds }) => seeds),
    failures: parts.flatMap(({ failures }) => failures),
    events: sum(({ events }) => events),
    mostEvents: most(({ mostEvents }) => mostEvents),
    virtualMs: sum(({ virtualMs }) => virtualMs),
    worstRecoveryMs: most(({ worstRecoveryMs }) => worstRecoveryMs),
    faults,
  };
}

function reportOf(seed: number, result: LivedWorld | string): SeedsReport {
  if (typeof result === 'string') return { ...nothingLived, seeds: 1, failures: [{ seed, message: result }] };
  const { time, recoveryMs, faults } = result;
  return {
    seeds: 1,
    failures: [],
    events: time.executed,
    mostEvents: time.executed,
    virtualMs: time.now,
    worstRecoveryMs: recoveryMs,
    faults: Object.fromEntries(faults),
  };
}

/** The world, or what was wrong in it. What a listener throws comes back in a turn of its own: it belongs to this seed too. */
async function liveOne(name: WorldName, seed: number, trace?: (line: string) => void): Promise<LivedWorld | string> {
  const stray: unknown[] = [];
  const onStray = (error: unknown): void => {
    stray.push(error);
  };
  // The test runner's own listener would fail the test without naming the seed.
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', onStray);
  try {
    const world = await liveSeed(name, seed, trace);
    if (stray.length === 0) return world;
  } catch (error) {
    stray.unshift(error);
  } finally {
    process.off('uncaughtException', onStray);
    for (const other of others) process.on('uncaughtException', other);
  }
  return stray.map((error) => (error instanceof Error ? (error.stack ?? error.message) : String(error))).join('\n');
}
