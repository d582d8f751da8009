import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { FIRST_SEED } from './runSeeds.ts';
import type { WorldName } from './worlds.ts';

const folder = import.meta.dirname;
/** A mutant that hoards is killed by its memory. */
const MAX_HEAP_MIB = 1_024;
const MAX_OUTPUT_BYTES = 256 * 2 ** 20;
/** For one seed at the outside, on a machine with other work. A mutant that never yields is killed by this. */
const BASE_TIMEOUT_MS = 120_000;
const TIMEOUT_PER_SEED_MS = 1_000;

/** Seeds of one world. */
export interface Stage {
  readonly world: WorldName;
  readonly first: number;
  readonly count: number;
}

/** What became of a mutant: the seed that found it, or how many it lived through. */
export interface Verdict {
  readonly name: string;
  readonly seeds: number;
  readonly killedBy: { readonly world: WorldName; readonly seed: number; readonly message: string } | undefined;
}

/** A few seeds first, for most mutants need no more, then up to `most` of each world. */
export function stagesUpTo(most: number): Stage[] {
  const stages: Stage[] = [];
  for (let first = FIRST_SEED, count = 25; first <= most; first += count, count *= 4) {
    const take = Math.min(count, most - first + 1);
    stages.push({ world: 'tunnel', first, count: take }, { world: 'chat', first, count: take });
  }
  return stages;
}

/** Lives the stages with the mutant planted, in a process of its own. @throws Error when that process cannot even begin */
export async function tryMutant(name: string, stages: readonly Stage[]): Promise<Verdict> {
  let trial = await runTrial(name, stages, {});
  // A machine that was put to sleep looks the same, once.
  if (trial.isKilled) trial = await runTrial(name, stages, {});
  return { name, ...verdictOf(trial, stages) };
}

/** All that happens in one stage with the mutant planted. */
export async function traceMutant(name: string, stage: Stage): Promise<string> {
  const { output, errors } = await runTrial(name, [stage], { C2L_TRACE: '1' });
  return output + errors;
}

interface TrialOutput {
  readonly output: string;
  readonly errors: string;
  readonly isKilled: boolean;
}

function runTrial(name: string, stages: readonly Stage[], more: NodeJS.ProcessEnv): Promise<TrialOutput> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    `--max-old-space-size=${String(MAX_HEAP_MIB)}`,
    ...['--import', join(folder, 'plantMutant.ts')],
    join(folder, 'mutantTrial.ts'),
    JSON.stringify(stages),
  ];
  const env = { ...process.env, ...more, C2L_MUTANT: name };
  const timeout = BASE_TIMEOUT_MS + TIMEOUT_PER_SEED_MS * stages.reduce((sum, { count }) => sum + count, 0);
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      resolve({ output: stdout, errors: stderr, isKilled: error?.killed === true });
    });
  });
}

function verdictOf({ output, errors, isKilled }: TrialOutput, stages: readonly Stage[]): Omit<Verdict, 'name'> {
  const last = output.split('\n').findLast((line) => line.startsWith('{"seeds":'));
  if (last !== undefined) {
    const { seeds, found } = JSON.parse(last) as { seeds: number; found?: Verdict['killedBy'] };
    return { seeds, killedBy: found };
  }
  const world = stages[0]?.world ?? 'chat';
  if (isKilled) return { seeds: 0, killedBy: { world, seed: 0, message: 'it never comes to an end' } };
  if (/heap out of memory|heap limit/.test(errors)) return { seeds: 0, killedBy: { world, seed: 0, message: 'it takes all memory' } };
  throw new Error(`a mutant could not be tried: ${errors.slice(-2_000)}`);
}

/** Tries many, as many at once as there are processors. @param onVerdict hears of each when it is done, in any order */
export async function tryAll(names: readonly string[], stages: readonly Stage[], onVerdict: (verdict: Verdict) => void): Promise<void> {
  const waiting = [...names].reverse();
  const lane = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) onVerdict(await tryMutant(name, stages));
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(2, availableParallelism())) }, lane));
}
