// npm run test:load -- restarts: relays that end in good order under load. Writes docs/reports/load-restarts.md.
import { percentile } from './support/farmStream.ts';
import { Findings, spread } from './support/findings.ts';
import { measureRestarts } from './support/restarts.ts';

const findings = new Findings();
const plan = { devices: 5, pages: 5, programs: 5, tokensPerSec: 25, restarts: 10 };
for (const way of ['roll', 'term'] as const) {
  const { answers, verdicts, askedAgain, gaps } = await measureRestarts({ ...plan, way });
  const name = way === 'roll' ? 'Another relay takes over' : 'Ended and started again at its place';
  const words = Object.entries(verdicts).map(([verdict, count]) => `${String(count)} ${verdict}`);
  findings.add(`${name}: answers`, words.join(', '), 'all exact', verdicts['exact'] === answers);
  findings.add(`${name}: questions asked more than once`, String(askedAgain), '0', askedAgain === 0);
  const silence = `${spread(gaps)} (${String(gaps.length)} answers)`;
  findings.add(`${name}: longest silence of an answer, p50 / p95 / p99 / longest`, silence, 'p99 ≤ 1 s', percentile(gaps, 0.99) <= 1_000);
}
findings.report(
  'load-restarts',
  'Relays that end in good order under load',
  'npm run test:load -- restarts',
  `Real processes: five agents, each with five pages and five programs behind a proxy (\`cloudtolocalllm proxy\`), all with an answer of 200 pieces being written, 25 a second.
Ten times the relay gets SIGTERM. In the first half another relay has begun to listen, and the lines lead there, as with a web server before two; in the second the
same address is served again once the first has ended, so the time that a process takes to start counts. Each answer is compared piece by piece with what the model said.`,
);
