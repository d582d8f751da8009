// npm run test:long -- simulator: 50,000 seeds of the whole world, 10,000 of raw streams, and 500 for each deed of a relay that
// means harm. It may be stopped: it goes on where it was.
import { writeReport } from '../../scripts/lib/report.mjs';
import { hostileDeeds } from '../sim/hostileDeeds.ts';
import { nothingLived, total, type SeedsReport } from '../sim/liveSeeds.ts';
import { describeFailures, describeReport, FIRST_SEED } from '../sim/runSeeds.ts';
import { chunksOf, livePool, type Chunk } from '../sim/seedPool.ts';
import { worldNames, type WorldName } from '../sim/worlds.ts';
import { Progress } from './lib/progress.ts';

const wanted: Readonly<Record<WorldName, number>> = {
  chat: Number(process.env['C2L_SEEDS'] ?? 50_000),
  tunnel: Number(process.env['C2L_SEEDS'] ?? 10_000),
  hostile: Number(process.env['C2L_SEEDS'] ?? 500 * Object.keys(hostileDeeds).length),
};
const ENOUGH_FAILURES = 5;
const TELL_EVERY_MS = 15_000;

const progress = new Progress<SeedsReport>('simulator', ['src', 'test/sim', 'test/fakes']);
const keyOf = ({ name, first, count }: Chunk): string => `${name} ${String(first)} ${String(count)}`;
const chunks = worldNames.flatMap((name) => chunksOf(name, FIRST_SEED, wanted[name]));
const reportOf = (name: WorldName): SeedsReport =>
  total([nothingLived, ...chunks.filter((chunk) => chunk.name === name).flatMap((chunk) => progress.done.get(keyOf(chunk)) ?? [])]);
const failuresSoFar = (): number => worldNames.reduce((sum, name) => sum + reportOf(name).failures.length, 0);

const open = chunks.filter((chunk) => !progress.done.has(keyOf(chunk)));
if (open.length < chunks.length) console.log(`goes on: ${String(chunks.length - open.length)} of ${String(chunks.length)} parts are done`);
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
for (const name of worldNames) {
  console.log(`${name}: ${describeReport(reportOf(name))}`);
  if (reportOf(name).failures.length > 0) console.log(describeFailures(name, reportOf(name)));
}
const file = writeReport('simulator', {
  title: 'The simulated world, seed by seed',
  command: 'npm run test:long -- simulator',
  result: summary,
  body: body(),
});
console.log(`${summary}; ${file}`);
if (all.failures.length === 0) progress.clear();
process.exitCode = all.failures.length === 0 ? 0 : 1;

function body(): string {
  const number = (value: number): string => value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
  const rows = worldNames.map((name) => {
    const { seeds, failures, events, mostEvents, virtualMs, worstRecoveryMs } = reportOf(name);
    const cells = [seeds, failures.length, events, mostEvents, virtualMs / 3_600_000, worstRecoveryMs / 1_000];
    return `| ${name} | ${cells.map(number).join(' | ')} |`;
  });
  const kinds = [...new Set(worldNames.flatMap((name) => Object.keys(reportOf(name).faults)))].sort();
  const faults = kinds.map((kind) => `| ${kind} | ${worldNames.map((name) => number(reportOf(name).faults[kind] ?? 0)).join(' | ')} |`);
  return `One seeded world holds the shipped classes of page, relay (one to three nodes on a bus), device and hub; sockets, bus, clock, chance, stores and
the model behind the device are replaced. *chat* is all of it: one or two tabs, a person who asks, stops and scrolls. *tunnel* lies below the chat: raw
streams between a client and a device, some stopped, some broken off. *hostile* is the first again, through a relay that does one of
${String(Object.keys(hostileDeeds).length)} things to what it carries, 500 seeds for each: its rows count how often. Every eighth seed runs on the real cryptography.

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
