import { liveSeeds, nothingLived, total, type SeedsReport } from './liveSeeds.ts';
import { chunksOf, livePool } from './seedPool.ts';
import { replayCommand, type WorldName } from './worlds.ts';

/** The first seed, so that every run of CI is the same run. */
export const FIRST_SEED = 1;
const ENOUGH_FAILURES = 3;

/**
 * Lives many seeds and says what they went through. `C2L_SEED=7` lives that one alone and tells all that happens; `C2L_WORLD=chat` leaves
 * out the other worlds; `C2L_SEEDS=20` lives so many. Returns the report when all that is usual was lived. @throws Error that names the failing seeds, and the command that lives one again
 */
export async function runSeeds(name: WorldName, usual: number): Promise<SeedsReport | undefined> {
  const { C2L_WORLD, C2L_SEED, C2L_SEEDS } = process.env;
  if (C2L_WORLD !== undefined && C2L_WORLD !== name) return undefined;
  const begun = performance.now();
  const report = C2L_SEED === undefined ? await many(name, Number(C2L_SEEDS ?? usual)) : await one(name, Number(C2L_SEED));
  console.log(`      ${name}: ${describeReport(report)}, ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  if (report.failures.length > 0) throw new Error(describeFailures(name, report));
  return C2L_SEED === undefined && C2L_SEEDS === undefined ? report : undefined;
}

/** What it was, in one line. */
export function describeReport(report: SeedsReport): string {
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  return `${String(report.seeds)} seeds, ${String(faults)} faults, ${String(report.events)} events, ${(report.virtualMs / 3_600_000).toFixed(1)} virtual hours, worst recovery ${(report.worstRecoveryMs / 1000).toFixed(1)} s`;
}

export function describeFailures(name: WorldName, { failures }: SeedsReport): string {
  return failures
    .toSorted((a, b) => a.seed - b.seed)
    .map(({ seed, message }) => `seed ${String(seed)}: ${message}\n  replay it: ${replayCommand(name, seed)}`)
    .join('\n');
}

async function many(name: WorldName, count: number): Promise<SeedsReport> {
  let sum = nothingLived;
  await livePool(chunksOf(name, FIRST_SEED, count), (_chunk, report) => {
    sum = total([sum, report]);
    return sum.failures.length < ENOUGH_FAILURES;
  });
  return sum;
}

function one(name: WorldName, seed: number): Promise<SeedsReport> {
  return liveSeeds(name, [seed], {
    trace: (line) => {
      console.log(line);
    },
  });
}
