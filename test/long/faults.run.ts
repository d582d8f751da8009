// npm run test:long -- faults: 50 faults of each kind between real processes. `C2L_FAULT=kind:seed` repeats one.
import { writeReport } from '../../scripts/lib/report.mjs';
import { faultKinds, faultNames } from '../integration/faults/faultKinds.ts';
import { allTrials, runTrials, type Trial, type TrialResult } from '../integration/faults/faultTrials.ts';
import { FaultWorld, hops } from '../integration/support/faultWorld.ts';

const EACH = Number(process.env['C2L_FAULTS_EACH'] ?? 50);
const LANES = 8;
const FIRST_SEED = 1001;

function asked(): readonly Trial[] {
  const only = /^(\w+):(\d+)$/.exec(process.env['C2L_FAULT'] ?? '');
  const kind = faultNames.find((name) => name === only?.[1]);
  return kind === undefined ? allTrials(EACH, FIRST_SEED) : [{ kind, seed: Number(only?.[2]) }];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

function table(results: readonly TrialResult[]): string {
  const rows = faultNames.map((kind) => {
    const own = results.filter((result) => result.kind === kind);
    const took = own.map(({ tookMs }) => tookMs);
    const perHop = hops.map((hop) => String(own.filter((result) => result.hop === hop).length)).join(' / ');
    const exact = own.filter(({ wrong }) => wrong === undefined);
    const whole = exact.filter(({ outcome }) => outcome === 'done').length;
    const strikes = own.reduce((sum, result) => sum + result.strikes, 0);
    const cells = [kind, faultKinds[kind].words, perHop, strikes, exact.length, whole, exact.length - whole];
    return `| ${[...cells, seconds(median(took)), seconds(Math.max(...took, 0))].map(String).join(' | ')} |`;
  });
  return [
    '| kind | what it does | client / device / Ollama hop | strikes | exact | whole | interrupted | median, s | longest, s |',
    '|---|---|---|---:|---:|---:|---:|---:|---:|',
    ...rows,
  ].join('\n');
}

const trials = asked();
const results: TrialResult[] = [];
const started = performance.now();
const world = await FaultWorld.start({ lanes: Math.min(LANES, trials.length), seed: FIRST_SEED });
try {
  await runTrials(world, trials, (result) => {
    results.push(result);
    if (result.wrong !== undefined) console.log(`WRONG ${result.kind}:${String(result.seed)} ${result.plan}: ${result.wrong}`);
    if (results.length % 50 === 0)
      console.log(`${String(results.length)} of ${String(trials.length)}, ${seconds(performance.now() - started)} s`);
  });
} finally {
  await world.stop();
}
const wrong = results.filter((result) => result.wrong !== undefined);
const summary = `${String(results.length - wrong.length)} of ${String(results.length)} exact, ${String(faultNames.length)} kinds, in ${seconds(performance.now() - started)} s`;
console.log(summary);
if (process.env['C2L_FAULT'] === undefined) {
  const body = `Real relay, ${String(LANES)} real agents and clients, the stand-in for Ollama, and a proxy on every line between them. During an answer of 300 tokens a
fault strikes at a byte, on a hop and in a way that the seed chooses; some strike again while the line is being made anew. Exact: the client shows,
and the device has stored, all that the model said; after a break between agent and Ollama, exactly what came before it, marked *interrupted* with its cause.
Ollama was asked once, and its request has ended; the stream went on where it was, nothing was asked for anew. The answer itself takes 2.0 s; *half-open* is found by the heartbeat.

${table(results)}

${wrong.length === 0 ? 'Nothing was lost, repeated or out of order.' : wrong.map((one) => `- ${one.kind}:${String(one.seed)} ${one.plan}: ${one.wrong ?? ''}`).join('\n')}
`;
  console.log(
    writeReport('faults', { title: 'Faults between real processes', command: 'npm run test:long -- faults', result: summary, body }),
  );
}
process.exitCode = wrong.length === 0 && results.length === trials.length ? 0 : 1;
