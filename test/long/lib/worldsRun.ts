import { writeReport } from '../../../scripts/lib/report.mjs';
import { nothingLived, total, type SeedsReport } from '../../sim/liveSeeds.ts';
import { describeFailures, describeReport, FIRST_SEED } from '../../sim/runSeeds.ts';
import { chunksOf, livePool, type Chunk } from '../../sim/seedPool.ts';
import type { WorldName } from '../../sim/worlds.ts';
import { Progress } from './progress.ts';

const ENOUGH_FAILURES = 5;
const TELL_EVERY_MS = 15_000;

export interface WorldsRun {
  /** Of the run and its report. */
  readonly name: string;
  readonly title: string;
  /** What the worlds are. */
  readonly words: string;
  /** How many seeds of each; `C2L_SEEDS` overrules it. */
  readonly worlds: Partial<Readonly<Record<WorldName, number>>>;
}

/** Lives the worlds seed by seed and writes the report. It may be stopped: it goes on where it was. */
export async function runWorlds({ name, title, words, worlds }: WorldsRun): Promise<void> {
  const worldNames = Object.keys(worlds) as WorldName[];
  const progress = new Progress<SeedsReport>(name, ['src', 'test/sim', 'test/fakes']);
  const keyOf = ({ name: world, first, count }: Chunk): string => `${world} ${String(first)} ${String(count)}`;
  const chunks = worldNames.flatMap((world) => chunksOf(world, FIRST_SEED, Number(process.env['C2L_SEEDS'] ?? worlds[world])));
  const reportOf = (world: WorldName): SeedsReport =>
    total([nothingLived, ...chunks.filter((chunk) => chunk.name === world).flatMap((chunk) => progress.done.get(keyOf(chunk)) ?? [])]);
  const failuresSoFar = (): number => worldNames.reduce((sum, world) => sum + reportOf(world).failures.length, 0);

  const open = chunks.filter((chunk) => !progress.done.has(keyOf(chunk)));
  if (open.length < chunks.length)
    console.log(`goes on: ${String(chunks.length - open.length)} of ${String(chunks.length)} parts are done`);
  let toldAt = performance.now();
  await livePool(open, (chunk, report) => {
    progress.add(keyOf(chunk), report);
    for (const { seed, message } of report.failures) console.log(`${chunk.name} ${String(seed)}: ${message.split('\n', 1)[0] ?? ''}`);
    if (performance.now() - toldAt > TELL_EVERY_MS) {
      toldAt = performance.now();
      console.log(`${String(progress.done.size)} of ${String(chunks.length)} parts, ${(progress.tookMs / 60_000).toFixed(1)} min`);
    }
    return failuresSoFar() < ENOUGH_FAILURES;
  });

  const minutes = (progress.tookMs / 60_000).toFixed(1);
  const all = total(worldNames.map(reportOf));
  const summary = `${all.failures.length === 0 ? 'all' : `${String(all.failures.length)} FAILED of`} ${String(all.seeds)} seeds exact, ${String(Object.values(all.faults).reduce((sum, count) => sum + count, 0))} faults, ${minutes} minutes`;
  for (const world of worldNames) {
    console.log(`${world}: ${describeReport(reportOf(world))}`);
    if (reportOf(world).failures.length > 0) console.log(describeFailures(world, reportOf(world)));
  }
  const file = writeReport(name, {
    title,
    command: `npm run test:long -- ${name}`,
    result: summary,
    body: bodyOf(words, worldNames, reportOf),
  });
  console.log(`${summary}; ${file}`);
  if (all.failures.length === 0) progress.clear();
  process.exitCode = all.failures.length === 0 ? 0 : 1;
}

function bodyOf(words: string, worldNames: readonly WorldName[], reportOf: (world: WorldName) => SeedsReport): string {
  const number = (value: number): string => value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
  const rows = worldNames.map((name) => {
    const { seeds, failures, events, mostEvents, virtualMs, worstRecoveryMs } = reportOf(name);
    const cells = [seeds, failures.length, events, mostEvents, virtualMs / 3_600_000, worstRecoveryMs / 1_000];
    return `| ${name} | ${cells.map(number).join(' | ')} |`;
  });
  const kinds = [...new Set(worldNames.flatMap((name) => Object.keys(reportOf(name).faults)))].sort();
  const faults = kinds.map((kind) => `| ${kind} | ${worldNames.map((name) => number(reportOf(name).faults[kind] ?? 0)).join(' | ')} |`);
  return `One seeded world holds the shipped classes of page, relay (one to three nodes on a bus), device and hub; sockets, bus, clock, chance, stores and
the model behind the device are replaced. ${words} Every eighth seed runs on the real cryptography.

After every event: what a view shows is what the model has said so far, in order, or says that it broke off; the model is asked once for one question;
no nonce is used twice under a key; no buffer passes its bound. At the end: connected within 60 s of the last fault; what is shown is what is stored is
what was said; and when all have left, no link, circuit, timer or subscription remains. A world that needs more than 100,000 events fails.

| world | seeds | failures | events | most events of one seed | virtual hours | worst recovery after the last fault, s |
|---|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}

The worst recovery counts until nobody believes in a dead line any more, the relay included: half-open is found within 25 s, by design.

| fault | ${worldNames.join(' | ')} |
|---|${worldNames.map(() => '---:').join('|')}|
${faults.join('\n')}
`;
}
