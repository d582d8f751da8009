// npm run test:long -- windows: of the windows of one user the one that leads is killed 100 times while an answer is being written.
// `C2L_KILLS` takes another number, `C2L_WINDOWS` another number of windows.
import { writeReport } from '../../scripts/lib/report.mjs';
import { percentile } from '../integration/faults/disconnects.ts';
import { until } from '../integration/support/stack.ts';
import { takeOver, Windows, type Takeover } from '../integration/windows/windows.ts';

const COUNT = Number(process.env['C2L_KILLS'] ?? 100);
const WINDOWS = Number(process.env['C2L_WINDOWS'] ?? 4);
const LIMIT_MS = 2_000;

const takeovers: Takeover[] = [];
const wrong: string[] = [];
const started = performance.now();
const world = await Windows.start();
try {
  await world.open();
  await world.connect();
  while (world.windows.length < WINDOWS) await world.open();
  const client = await world.pair(world.leader);
  try {
    for (let round = 1; round <= COUNT; round++) {
      const takeover = await takeOver(world, Math.random);
      takeovers.push(takeover);
      for (const fault of takeover.faults) {
        wrong.push(`kill ${String(round)}: ${fault}`);
        console.log(`WRONG ${wrong.at(-1) ?? ''}`);
      }
      await world.open();
      await until('the connection', () => world.windows.every(({ status }) => status === 'connected' || status === 'streaming'), 30_000);
      await until('the client', () => client.tunnel.supervisor.state.kind === 'connected', 30_000);
      if (round % 10 === 0) console.log(`${String(round)} of ${String(COUNT)}`);
    }
  } finally {
    client.dispose();
  }
} finally {
  await world.stop();
}

const times = takeovers.map(({ ms }) => ms);
const ms = (value: number): string => String(Math.round(value));
const p99 = percentile(times, 0.99);
const holds = wrong.length === 0 && takeovers.length === COUNT && p99 <= LIMIT_MS;
const summary = `${String(takeovers.length)} kills, ${String(wrong.length)} faults, p99 of a takeover ${ms(p99)} ms`;
console.log(summary);
const body = `${String(WINDOWS)} windows as plain processes that run the extension’s own assembly, a real relay, a paired client, and the stand-in for Ollama with 60 tokens a second. A window that
follows asks; within 0.6 s of the first words the one that leads gets SIGKILL, and a new window is opened in its place. Each time exactly one of the others must lead, the rest
must follow it, all must show the same answer, either whole or a beginning of what the model said and *interrupted*, the model must have been asked once, no window may have
been told of a second device, and the connection and the paired client must be back.

| what | number |
|---|---:|
| kills | ${String(takeovers.length)} |
| answers interrupted | ${String(takeovers.filter(({ ended }) => ended === 'interrupted').length)} |
| faults, two leaders among them | ${String(wrong.length)} |
| from the kill to the next leader, median, ms | ${ms(percentile(times, 0.5))} |
| the same, p99, ms | ${ms(p99)} |
| the same, longest, ms | ${ms(percentile(times, 1))} |

${wrong.length === 0 ? 'Nothing was wrong.' : wrong.map((fault) => `- ${fault}`).join('\n')}
`;
const title = 'SIGKILLs of the window that leads';
console.log(writeReport('windows', { title, command: 'npm run test:long -- windows', result: summary, body }));
console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
process.exitCode = holds ? 0 : 1;
