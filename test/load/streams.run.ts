// npm run test:load -- streams: many answers at once over several devices, by pages and programs. Writes docs/reports/load-streams.md.
import { percentile } from './support/farmStream.ts';
import { Findings, spread } from './support/findings.ts';
import { measureManyStreams } from './support/manyStreams.ts';

const ROUNDS = 10;
const findings = new Findings();
const plan = { devices: 5, pages: 10, programs: 10, pieces: 200, tokensPerSec: 20, spreadMs: 5_000, rounds: ROUNDS };
const { answers, verdicts, askedAgain, firstMs, gapP99Ms, relay } = await measureManyStreams(plan);
const of = (name: string): number => verdicts[name] ?? 0;
const wrong = of('lost') + of('repeated') + of('crossed');
const words = Object.entries(verdicts).map(([name, count]) => `${String(count)} ${name}`);
findings.add('Answers lost, repeated or crossed', `${String(wrong)} of ${String(answers)} (${words.join(', ')})`, '0', wrong === 0);
findings.add('Questions asked of the model more than once', String(askedAgain), '0', askedAgain === 0);
findings.add('Success', `${((of('exact') / answers) * 100).toFixed(2)} %`, '≥ 99.5 %', of('exact') / answers >= 0.995);
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
const growth = relay.peak - relay.before;
const memory = `${megabytes(growth)} MB more than without (peak ${megabytes(relay.peak)} MB)`;
findings.add('Resident memory of the relay with 100 connections', memory, '< 100 MB', growth < 100e6);
const added = [...firstMs.page, ...firstMs.gateway];
findings.add('Added time to the first word, p50 / p95 / p99 / longest', spread(added), 'p95 < 50 ms', percentile(added, 0.95) < 50);
findings.add('Of these, pages', spread(firstMs.page), '', true);
findings.add('Of these, programs at the gateway', spread(firstMs.gateway), '', true);
findings.add('For comparison, programs that ask the model itself', spread(firstMs.direct), '', true);
findings.add('Between two pieces of an answer (50 ms at the model), p99', `${gapP99Ms.toFixed(0)} ms`, '', true);
findings.report(
  'load-streams',
  'Many answers at once',
  'npm run test:load -- streams',
  `Real processes: a relay with its gateway and five agents from the built bundle, and the stand-in for Ollama. ${String(ROUNDS)} rounds of 100 answers of 200 pieces, 20 a
second: on each device ten pages, each with a tunnel of its own, and ten programs, each with a connection of its own to the gateway. The questions of a round
are spread over five seconds. Each answer is compared piece by piece with what the model said. *Added* is the time from the question to the first word, less what the
model says it waited itself.`,
);
