import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { liveSeeds, total, type SeedsReport } from './liveSeeds.ts';
import type { WorldName } from './worlds.ts';

/** The first seed, so that every run of CI is the same run. */
const FIRST_SEED = 1;
const MAX_WORKERS = 4;

/**
 * Lives many seeds and says what they went through. `C2L_SEED=7` lives that one alone and tells all that happens; `C2L_SEEDS=20` lives so
 * many. @throws Error that names the failing seeds, and the command that lives one of them again
 */
export async function runSeeds(name: WorldName, usual: number): Promise<void> {
  const { C2L_SEED, C2L_SEEDS } = process.env;
  const begun = performance.now();
  const count = C2L_SEED === undefined ? Number(C2L_SEEDS ?? usual) : 1;
  const trace = (line: string): void => {
    console.log(line);
  };
  const report = C2L_SEED === undefined ? await inParallel(name, count) : await liveSeeds(name, [Number(C2L_SEED)], trace);
  const faults = [...report.faults].sort((a, b) => b[1] - a[1]);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const sum = faults.reduce((all, [, times]) => all + times, 0);
  console.log(`      ${name}: ${String(count)} seeds, ${String(sum)} faults, ${String(report.events)} events, ${seconds} s`);
  console.log(
    `      worst recovery ${(report.worstRecoveryMs / 1000).toFixed(1)} s; ${faults.map(([kind, times]) => `${kind} ${String(times)}`).join(', ')}`,
  );
  if (report.failures.length === 0) return;
  throw new Error(
    report.failures
      .map(({ seed, message }) => `seed ${String(seed)}: ${message}\n  replay it: C2L_SEED=${String(seed)} npm run test:sim`)
      .join('\n'),
  );
}

async function inParallel(name: WorldName, count: number): Promise<SeedsReport> {
  const workers = Math.min(MAX_WORKERS, availableParallelism(), count);
  const shares = Array.from({ length: workers }, (_, worker) =>
    Array.from({ length: Math.ceil((count - worker) / workers) }, (_unused, at) => FIRST_SEED + at * workers + worker),
  );
  const parts = await Promise.all(shares.map((seeds) => inWorker(name, seeds)));
  return { failures: parts.flatMap(({ failures }) => failures).sort((a, b) => a.seed - b.seed), ...total(parts) };
}

async function inWorker(name: WorldName, seeds: readonly number[]): Promise<SeedsReport> {
  const worker = new Worker(new URL('./seedWorker.ts', import.meta.url), { workerData: { name, seeds } });
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        reject(new Error('a worker ended without its report'));
      });
    });
  } finally {
    await worker.terminate();
  }
}
