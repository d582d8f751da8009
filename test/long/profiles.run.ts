// npm run test:long -- profiles: answers over networks as people have them, one after the other, in full length.
import { writeReport } from '../../scripts/lib/report.mjs';
import { fullProfile, profileNames, profiles, runProfile, shortProfile } from '../integration/faults/profiles.ts';
import { FaultWorld } from '../integration/support/faultWorld.ts';

const RUNS = 5;
const ms = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(value < 10 ? 1 : 0));

const rows: string[] = [];
let holds = true;
const world = await FaultWorld.start({ lanes: RUNS, seed: 3001 });

/** A connection that the user asks for anew: its window of round trips holds nothing of what was before. */
async function beginAnew(): Promise<void> {
  for (const { client } of world.lanes) {
    client.tunnel.supervisor.disconnect();
    await client.tunnel.supervisor.connect();
  }
}

try {
  // Processes that have just started are slow.
  await Promise.all(world.lanes.map((lane) => runProfile(lane, 'good', shortProfile)));
  await beginAnew();
  for (const name of profileNames) {
    const results = await Promise.all(world.lanes.map((lane) => runProfile(lane, name, fullProfile)));
    const profile = profiles[name];
    const grades: readonly string[] = profile.grades;
    const exact = results.filter(({ isExact, state, asked }) => isExact && state === 'done' && asked === 1).length;
    const graded = results.filter(({ metrics }) => grades.includes(metrics.quality)).length;
    const said = 'away' in profile ? results.filter((result) => result.said.some((line) => profile.away.test(line))).length : RUNS;
    holds &&= exact === RUNS && graded === RUNS && said === RUNS;
    const p95s = results.map(({ metrics }) => metrics.roundTrip?.p95Ms ?? NaN).sort((a, b) => a - b);
    const took = results.map(({ tookMs }) => tookMs / 1000).sort((a, b) => a - b);
    const shown = [...new Set(results.map(({ metrics }) => metrics.quality))].join(', ');
    const reconnects = results.map(({ metrics }) => String(metrics.reconnects)).join(', ');
    const cells = [profile.words, `${String(exact)} of ${String(RUNS)}`, shown, grades.join(' or ')];
    const figures = [`${ms(p95s[2])} (${ms(p95s[0])} to ${ms(p95s[4])})`, `${ms(took[2])} (${ms(took[0])} to ${ms(took[4])})`, reconnects];
    rows.push(`| ${[...cells, ...figures].join(' | ')} |`);
    console.log(rows.at(-1));
    await beginAnew();
  }
} finally {
  await world.stop();
}
const summary = holds ? 'every answer whole and asked for once, every grade right' : 'NOT as asked for';
const body = `An answer of ${String(fullProfile.tokens)} tokens at 150 tokens/s, so 40 s, over a client's line to a real relay, device and stand-in; ${String(RUNS)} runs of each, side by side.
Round trips are the client's own pings to the device. A line that is cut or taken is *unknown* while it is away; the reconnects are counted.

| network | exact | grade shown | grade deserved | p95 of the round trip, ms (spread) | answer, s (spread) | reconnects |
|---|---:|---|---|---:|---:|---:|
${rows.join('\n')}
`;
console.log(writeReport('profiles', { title: 'Network conditions', command: 'npm run test:long -- profiles', result: summary, body }));
process.exitCode = holds ? 0 : 1;
