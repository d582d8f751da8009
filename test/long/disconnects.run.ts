// npm run test:long -- disconnects: 200 induced disconnects between real processes, and how long each end takes to be proved again.
import { writeReport } from '../../scripts/lib/report.mjs';
import {
  outageClasses,
  outageClassNames,
  percentile,
  planOutages,
  runOutages,
  type OutageResult,
} from '../integration/faults/disconnects.ts';
import { FaultWorld } from '../integration/support/faultWorld.ts';

const COUNTS = { second: 60, threeSeconds: 60, longer: 40, told: 40 };
const LANES = 16;
const SEED = 2001;
/** Of all disconnects, those that must mend themselves. */
const SHARE = 0.99;

const results: OutageResult[] = [];
const outages = planOutages(COUNTS, SEED);
const started = performance.now();
const world = await FaultWorld.start({ lanes: LANES, seed: SEED });
try {
  await runOutages(world, outages, (result) => {
    results.push(result);
    if (result.recoveryMs === undefined) console.log(`NOT RECOVERED ${JSON.stringify(result)}`);
    if (results.length % 20 === 0) console.log(`${String(results.length)} of ${String(outages.length)}`);
  });
} finally {
  await world.stop();
}

const recovered = results.filter(({ recoveryMs }) => recoveryMs !== undefined).length;
const share = recovered / outages.length;
const ms = (value: number): string => String(Math.round(value));
const rows = outageClassNames.map((name) => {
  const { words, budgetMs } = outageClasses[name];
  const own = results.filter((result) => result.name === name);
  const times = own.map(({ recoveryMs = Infinity }) => recoveryMs);
  const p95 = percentile(times, 0.95);
  const cells = [words, String(own.length), String(times.filter((time) => time < Infinity).length)];
  const figures = [percentile(times, 0.5), p95, percentile(times, 1)].map(ms);
  return { holds: p95 <= budgetMs, line: `| ${[...cells, ...figures, ms(budgetMs)].join(' | ')} |` };
});
const byKind = [...new Set(results.map(({ hop, fault }) => `${hop} hop, ${fault.kind}`))].sort().map((key) => {
  const times = results.filter(({ hop, fault }) => `${hop} hop, ${fault.kind}` === key).map(({ recoveryMs = Infinity }) => recoveryMs);
  return `| ${[key, String(times.length), ms(percentile(times, 0.5)), ms(percentile(times, 0.95)), ms(percentile(times, 1))].join(' | ')} |`;
});
const holds = share >= SHARE && rows.every((row) => row.holds);
const summary = `${String(recovered)} of ${String(outages.length)} recovered by themselves (${(100 * share).toFixed(1)} %), ${holds ? 'each kind of outage within its time' : 'NOT within the times asked for'}`;
console.log(summary);
for (const { line } of rows) console.log(line);
const body = `Real relay, ${String(LANES)} real agents and clients, a proxy on each line. An outage takes the line of a client or of a device away: connections are refused, reset,
swallowed, or answered by a sign-in page. Recovery is counted from the path's return until the client is connected and bytes have come from the device over a proved
session; somebody watches. Between two outages of one line it rests until the waits of the schedule begin small again.

| outage | disconnects | recovered | median, ms | p95, ms | longest, ms | p95 asked for, ms |
|---|---:|---:|---:|---:|---:|---:|
${rows.map(({ line }) => line).join('\n')}

| by hop and kind | disconnects | median, ms | p95, ms | longest, ms |
|---|---:|---:|---:|---:|
${byKind.join('\n')}
`;
console.log(
  writeReport('disconnects', { title: 'Disconnects and recovery', command: 'npm run test:long -- disconnects', result: summary, body }),
);
console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
process.exitCode = holds ? 0 : 1;
