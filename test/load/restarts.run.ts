// npm run test:load -- restarts: relays that end in good order under load. Writes docs/reports/load-restarts.md.
import { percentile } from './support/farmStream.ts';
import { Findings, spread } from './support/findings.ts';
import { measureRestarts } from './support/restarts.ts';

const findings = new Findings();
const EACH = 10;
const ways = ['roll', 'term'] as const;
const names = { roll: 'Another relay takes over', term: 'Ended and started again at its place' } as const;
const restarts = ways.flatMap((way) => Array.from({ length: EACH }, () => way));
const plan = { devices: 5, pages: 5, programs: 5, tokensPerSec: 25, restarts, betweenMs: { roll: 8_000, term: 25_000 }, pieces: 250 };
const { answers, verdicts, askedAgain, gaps } = await measureRestarts(plan);
const words = Object.entries(verdicts).map(([verdict, count]) => `${String(count)} ${verdict}`);
const refused = verdicts['failed: status 503'] ?? 0;
findings.add(
  'Answers (503: asked while no relay was there)',
  words.join(', '),
  'all that began are exact',
  (verdicts['exact'] ?? 0) + refused === answers,
);
findings.add('Questions asked of the model more than once', String(askedAgain), '0', askedAgain === 0);
for (const way of ways) {
  const silence = `${spread(gaps[way])} (${String(gaps[way].length)} answers)`;
  findings.add(
    `${names[way]}: longest silence of an answer, p50 / p95 / p99 / longest`,
    silence,
    'p99 ≤ 1 s',
    percentile(gaps[way], 0.99) <= 1_000,
  );
}
findings.report(
  'load-restarts',
  'Relays that end in good order under load',
  'npm run test:load -- restarts',
  `Real processes: five agents, each with five pages and five programs behind a proxy (\`cloudtolocalllm proxy\`), all with an answer of 250 pieces being written, 25 a second.
The relay gets SIGTERM twenty times. Ten times another relay has begun to listen, and the lines lead there, as with a web server before two. Ten times the
same address is served again only when the first has ended, so the time that a process takes to start counts; 25 s lie between two of these. Each answer is compared piece by piece with what the model said.
Programs that ask the relay's own gateway are not in this: their connections end with its process.`,
);
