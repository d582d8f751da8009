// npm run test:load -- floods: who means a relay ill, beside streams that go on (rows 13 to 17 of the scorecard; 11 and 12 are in `relay`). Writes
// docs/reports/load-floods.md.
import { bombs, measureBombs } from './support/bombs.ts';
import { median } from './support/farmStream.ts';
import { Findings, spread } from './support/findings.ts';
import { frameFloods, slowKinds } from './support/floodKinds.ts';
import { measureFlood, type FloodResult } from './support/floods.ts';
import { measureNoisyNeighbour } from './support/noisyNeighbour.ts';

const KiB = 1024;
const findings = new Findings();

function addNeighbours(of: string, { quiet, beside }: FloodResult, p99BoundMs: number | undefined, newBoundMs: number): void {
  findings.add(`${of}: streams and tunnels of others dropped`, String(beside.dropped), '0', beside.dropped === 0);
  const p99 = `${beside.p99Ms.toFixed(0)} ms (before: ${quiet.p99Ms.toFixed(0)} ms)`;
  const bound = p99BoundMs === undefined ? '' : `< ${String(p99BoundMs)} ms`;
  findings.add(`${of}: p99 of the streams of others`, p99, bound, p99BoundMs === undefined || beside.p99Ms < p99BoundMs);
  const longest = Math.max(...beside.newcomersMs);
  findings.add(
    `${of}: a new client is connected, longest`,
    `${longest.toFixed(0)} ms`,
    `≤ ${String(newBoundMs)} ms`,
    longest <= newBoundMs,
  );
}

const links = await measureFlood('links', { perSecond: 2_000, seconds: 60 });
const { '101': taken = 0, '429': refused = 0, tried = 0, perSecond = 0 } = links.report;
findings.add(
  'Row 13, links from one /24',
  `${String(tried)} tried, ${perSecond.toFixed(0)} a second, ${String(taken)} taken, ${String(refused)} refused`,
  '',
  true,
);
addNeighbours('Row 13', links, 100, 1_000);

const slow = await measureFlood('slow', { sockets: 5_000 });
const lasted = Object.keys(slowKinds).map((name) => slow.report[name] ?? Infinity);
const each = Object.keys(slowKinds).map((name) => `${name} ${((slow.report[name] ?? NaN) / 1000).toFixed(1)} s`);
findings.add('Row 14, 5,000 slow connections: the longest lasted', each.join('; '), '≤ 12 s', Math.max(...lasted) <= 12_000);
addNeighbours('Row 14', slow, undefined, 1_000);

const frames = await measureFlood('frames', { sockets: 100 });
const kinds = Object.keys(frameFloods);
const closed = kinds.map((name) => `${name} ${(frames.report[name] ?? NaN).toFixed(0)} ms`);
const longestFlood = Math.max(...kinds.map((name) => frames.report[name] ?? Infinity));
findings.add('Row 15, 100 links of each flood are closed after', closed.join('; '), '≤ 1 s', longestFlood <= 1_000);
const perHundred = frames.growthBytes / kinds.length;
findings.add('Row 15: heap and buffers kept for 100 links', `${(perHundred / KiB).toFixed(0)} KiB`, '≤ 1 MB', perHundred <= 1e6);
addNeighbours('Row 15', frames, undefined, 10_000);

const noisy = await measureNoisyNeighbour(4, 5, 5_000);
const least = Math.min(...noisy.shares);
const rates = `the noisy one ${(noisy.noisyPerSecond / 1e6).toFixed(0)} MB/s, the others ${(noisy.othersPerSecond / 1e6).toFixed(2)} MB/s`;
findings.add(
  'Row 16, what four tenants keep of theirs beside one with 96 streams, median',
  `${(median(noisy.shares) * 100).toFixed(0)} % (least ${(least * 100).toFixed(0)} %; ${rates})`,
  '≥ 90 %',
  median(noisy.shares) >= 0.9,
);

for (const { name, status, tookMs, keptBytes } of await measureBombs(21)) {
  const refusedAs = status >= 400 && status < 500;
  findings.add(
    `Row 17, ${name}: refused`,
    `${String(status)} after ${spread(tookMs)}`,
    '≤ 50 ms, median',
    refusedAs && median(tookMs) <= 50,
  );
  findings.add(`Row 17, ${name}: kept`, `${(keptBytes / KiB).toFixed(1)} KiB`, '≤ 1 MB', keptBytes <= 1e6);
}

findings.report(
  'load-floods',
  'Floods, and a noisy neighbour',
  'npm run test:load -- floods',
  `A relay with its gateway from the built bundle, believing one proxy. Each flood comes from a process of its own; beside it, ten streams carry a stamp every
20 ms from a device to two clients, and a third client comes anew every half second. Links of the flood stay open and silent until the relay ends them. The noisy
tenant reads 96 streams flat out over three tunnels, its processes behind the others in the queue for processors, so that the relay is what is shared. The
${String(Object.keys(bombs).length)} bodies are put to the gateway with a good key; times are p50 / p95 / p99 / longest, from the first byte sent to the answer's head. Slow readers (rows 11 and 12) are in
[relay-load](relay-load.md).`,
);
