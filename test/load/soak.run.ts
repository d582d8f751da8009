// npm run test:load -- soak [--minutes 60] [--settle 12]: changing work on a relay and its agents for so long, and what they then hold. The settle time is what
// follows the work: a device keeps what a page left behind for ten minutes. Writes docs/reports/soak.md.
import { parseArgs } from 'node:util';
import { writeReport } from '../../scripts/lib/report.mjs';
import { growthPerHour, handlesMore, heldBytes, memoryOf, runSoak, type SoakSample } from './support/soak.ts';
import type { SoakTally } from './support/soakWork.ts';

const WORK_MS = 50_000;
const QUIET_MS = 10_000;
const MiB = 1024 * 1024;
/** Growth is judged over so long before the end. */
const JUDGED_MS = 40 * 60_000;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, settle: { type: 'string', default: '12' } } });
const rounds = Math.max(3, Math.round((Number(values.minutes) * 60_000) / (WORK_MS + QUIET_MS)));

const mebibytes = (bytes: number): string => (bytes / MiB).toFixed(2);

const brokenOffIn = ({ brokenOff }: SoakTally): number => Object.values(brokenOff).reduce((sum, count) => sum + count, 0);

function line({ atMs, of }: SoakSample, tally: SoakTally): string {
  const held = [...of].map(([name, memory]) => `${name} ${mebibytes(heldBytes(memory))} (${String(memory.handles)})`);
  const counts = [tally.whole, tally.ended, brokenOffIn(tally), tally.wrong.length].join('/');
  return `${(atMs / 60_000).toFixed(1)} min: ${held.join(', ')}; answers ${counts}`;
}

const result = await runSoak({
  rounds,
  workMs: WORK_MS,
  quietMs: QUIET_MS,
  settleMs: Number(values.settle) * 60_000,
  onSample: (sample, tally) => {
    console.log(line(sample, tally));
  },
});
const { before, samples, after, tally } = result;
const end = samples.at(-1)?.atMs ?? 0;
const from = Math.max(end - JUDGED_MS, end / 3);

const rows = [...before.of.keys()].map((name) => {
  const growth = growthPerHour(samples, name, from, heldBytes);
  const resident = growthPerHour(samples, name, from, ({ rss }) => rss);
  const more = handlesMore(memoryOf(before, name), memoryOf(after, name));
  const words = Object.entries(more).map(([kind, count]) => `${kind} ${count > 0 ? '+' : ''}${String(count)}`);
  const holds = growth <= 2e6 && words.length === 0;
  const at = (sample: SoakSample | undefined): string => (sample ? mebibytes(heldBytes(memoryOf(sample, name))) : '');
  const [first, last] = [samples.find(({ atMs }) => atMs >= from), samples.at(-1)];
  const cells = [at(before), at(first), at(last), at(after), (growth / 1e6).toFixed(2), (resident / 1e6).toFixed(2)];
  return { holds, text: `| ${[name, ...cells, words.join(', ') || 'equal', holds ? 'holds' : '**fails**'].join(' | ')} |` };
});
const exact = tally.wrong.length === 0;
const holds = exact && rows.every((row) => row.holds);
const answers = tally.whole + tally.ended + brokenOffIn(tally) + tally.wrong.length;
const minutes = (end / 60_000).toFixed(0);
const names = Object.entries(tally.brokenOff).map(([name, count]) => `${name} ${String(count)}`);
const kinds = `${String(tally.whole)} whole, ${String(tally.ended)} ended by their reader, ${String(brokenOffIn(tally))} broken off by name (${names.join(', ')})`;
writeReport('soak', {
  title: 'A soak of relay and agents',
  command: `npm run test:load -- soak --minutes ${values.minutes} --settle ${values.settle}`,
  result: `${holds ? 'holds' : 'fails'}: ${minutes} minutes, ${String(answers)} answers, ${String(tally.wrong.length)} lost, repeated or crossed`,
  body: `
Real processes: a relay with its gateway and three agents from the built bundle, the stand-in for Ollama, and a line before each agent that is spoilt now
and then. In rounds of ${String(WORK_MS / 1000)} s, pages come, ask in up to three chats, lose their line, stop, leave in the middle and throw chats away; programs ask through the
gateway, some going away in the middle; strangers' devices and clients come and go; each device's line is cut, reset, stalled or refused every few
seconds. ${String(QUIET_MS / 1000)} s after each round, when nobody wants anything, memory is read after a forced collection.

Answers: ${kinds}; each was compared piece by piece with what the model said. Visits of pages ${String(tally.visits)}, of them cut ${String(tally.cuts)};
faults of lines ${String(tally.faults)}; strangers ${String(tally.strangers)}.${exact ? '' : `\n\nWrong: ${tally.wrong.slice(0, 20).join('; ')}`}

Heap and buffers in MiB, growth in MB an hour: the straight line through the ${String(samples.filter(({ atMs }) => atMs >= from).length)} samples from minute ${(from / 60_000).toFixed(0)} to ${minutes}; bound ≤ 2 MB/h of heap and
buffers. Handles are open files, sockets and timers ${values.settle} minutes after the work against before it, by kind; bound: equal.

| process | before | minute ${(from / 60_000).toFixed(0)} | minute ${minutes} | settled | growth | of resident memory | handles | |
|---|---:|---:|---:|---:|---:|---:|---|---|
${rows.map(({ text }) => text).join('\n')}`,
});
console.log(`${holds ? 'ok' : 'FAIL'} ${kinds}, wrong ${String(tally.wrong.length)}`);
process.exitCode = holds ? 0 : 1;
