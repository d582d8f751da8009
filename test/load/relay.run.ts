// npm run test:load -- relay: a relay under load, in full counts. Writes docs/reports/relay-load.md.
import { writeReport } from '../../scripts/lib/report.mjs';
import { measureConnectCycles } from './support/connectCycles.ts';
import { median } from './support/farmStream.ts';
import { measureIdleDevices } from './support/idleDevices.ts';
import { measureManySlowReaders } from './support/manySlowReaders.ts';
import { measureRestartStorm } from './support/restartStorm.ts';
import { measureSlowReader } from './support/slowReader.ts';

const RUNS = 5;
const KiB = 1024;
const MiB = 1024 * KiB;

interface Row {
  readonly what: string;
  readonly found: string;
  readonly bound: string;
  readonly holds: boolean;
}

const rows: Row[] = [];

function add(what: string, values: readonly number[], unit: string, bound: string, holds: boolean): void {
  const shown = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
  const spread = `${shown(Math.min(...values))} to ${shown(Math.max(...values))}`;
  const found = values.length > 1 ? `${shown(median(values))} ${unit} (${spread})` : `${shown(values[0] ?? NaN)} ${unit}`;
  rows.push({ what, found, bound, holds });
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}: ${found}, bound ${bound}`);
}

async function repeat<T>(run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let number = 0; number < RUNS; number++) results.push(await run());
  return results;
}

const slow = await measureSlowReader(9, 4_000);
const growth = slow.growthBytes.map((bytes) => bytes / 1e6);
add('Growth of the relay for a reader at 0 B/s', growth, 'MB', '≤ 2 MB', Math.max(...growth) <= 2);
add('p99 of its neighbours beside it over without it', slow.p99Ratios, 'times', '≤ 1.2, median', median(slow.p99Ratios) <= 1.2);
const wentOn = slow.recoveredTo > slow.stalledAt + MiB;
add('It goes on when it reads again', [(slow.recoveredTo - slow.stalledAt) / MiB], 'MiB more', '> 1 MiB', wentOn);

const many = await repeat(() => measureManySlowReaders(1_000));
const peaks = many.map(({ peakBytes }) => peakBytes / MiB);
add(
  'Peak of the relay under 1,000 readers at 0 B/s and devices without regard to credit',
  peaks,
  'MiB',
  '< 512 MiB',
  Math.max(...peaks) < 512,
);
const joins = many.map(({ newClientMs }) => newClientMs);
add('A new client gets its first record meanwhile after', joins, 'ms', '< 10 s', Math.max(...joins) < 10_000);

const storms = await repeat(() => measureRestartStorm(500, 1_000));
const p99s = storms.map(({ p99 }) => p99 / 1000);
add('500 devices back after a restart of the relay, p99', p99s, 's', '≤ 10 s', Math.max(...p99s) <= 10);
add(
  'The same, p50',
  storms.map(({ p50 }) => p50 / 1000),
  's',
  '≤ 3 s',
  storms.every(({ p50 }) => p50 <= 3_000),
);

const cycles = await repeat(() => measureConnectCycles(500));
const grown = cycles.map(({ growthBytes }) => growthBytes / MiB);
add('Growth of both ends over 500 connections', grown, 'MiB', '≤ 1 MiB', Math.max(...grown) <= 1);
const same = cycles.every(({ before, after }) => JSON.stringify(before) === JSON.stringify(after));
add('Sockets, timers and listeners more than before', [same ? 0 : 1], '', '0', same);

const idle = await repeat(() => measureIdleDevices(1_000, 5_000, 15_000));
const resident = idle.map(({ residentSlope }) => residentSlope / KiB);
add(
  'Resident memory of the relay for an idle device, slope from 1,000 to 5,000',
  resident,
  'KiB',
  '≤ 25 KiB, median',
  median(resident) <= 25,
);
add(
  'Of these, heap and buffers',
  idle.map(({ heapSlope }) => heapSlope / KiB),
  'KiB',
  '≤ 25 KiB',
  idle.every((one) => one.heapSlope <= 25 * KiB),
);

const failed = rows.filter(({ holds }) => !holds).length;
writeReport('relay-load', {
  title: 'A relay under load',
  command: 'npm run test:load -- relay',
  result: `${String(rows.length - failed)} of ${String(rows.length)} bounds hold`,
  body: [
    `Medians of ${String(RUNS)} runs with their spread (the slow reader: nine rounds in one run); a single figure is one run. The relay runs on the Node that called this run, the devices and clients on the one named above.`,
    '',
    '| What | Found | Bound | |',
    '|---|---|---|---|',
    ...rows.map(({ what, found, bound, holds }) => `| ${what} | ${found} | ${bound} | ${holds ? 'holds' : '**fails**'} |`),
  ].join('\n'),
});
process.exitCode = failed === 0 ? 0 : 1;
