import { liveSeed, type LivedWorld, type WorldName } from './worlds.ts';

/** After so many failing seeds the rest would tell nothing new. */
const ENOUGH_FAILURES = 3;

export interface SeedsReport {
  readonly failures: readonly { readonly seed: number; readonly message: string }[];
  readonly events: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly worstRecoveryMs: number;
}

/** Lives one seed after another in this thread. */
export async function liveSeeds(name: WorldName, seeds: readonly number[], trace?: (line: string) => void): Promise<SeedsReport> {
  const failures: { seed: number; message: string }[] = [];
  const lived: Omit<SeedsReport, 'failures'>[] = [];
  for (const seed of seeds) {
    const result = await liveOne(name, seed, trace);
    // The world itself is let go: thousands of them would not fit into memory.
    if (typeof result !== 'string') lived.push({ faults: result.faults, events: result.time.executed, worstRecoveryMs: result.recoveryMs });
    else if (failures.push({ seed, message: result }) === ENOUGH_FAILURES) break;
  }
  return { failures, ...total(lived) };
}

/** Several reports as one. */
export function total(parts: readonly Omit<SeedsReport, 'failures'>[]): Omit<SeedsReport, 'failures'> {
  const faults = new Map<string, number>();
  for (const part of parts) for (const [kind, count] of part.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
  return {
    faults,
    events: parts.reduce((sum, { events }) => sum + events, 0),
    worstRecoveryMs: parts.reduce((worst, { worstRecoveryMs }) => Math.max(worst, worstRecoveryMs), 0),
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
