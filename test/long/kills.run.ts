// npm run test:long -- kills: the device is killed 200 times while it streams. `C2L_KILLS` takes another number, `C2L_SEED` another seed.
import { writeReport } from '../../scripts/lib/report.mjs';
import { percentile } from '../integration/faults/disconnects.ts';
import { OLD_MS, runKills, startKillStack, type KillResult } from '../integration/faults/sigkills.ts';

const COUNT = Number(process.env['C2L_KILLS'] ?? 200);
const SEED = Number(process.env['C2L_SEED'] ?? 2001);

const results: KillResult[] = [];
const wrong: string[] = [];
const started = performance.now();
const stack = await startKillStack();
try {
  const atTheEnd = await runKills(stack, { count: COUNT, seed: SEED }, (result) => {
    results.push(result);
    for (const fault of result.wrong) {
      wrong.push(`kill ${String(result.round)}: ${fault}`);
      console.log(`WRONG ${wrong.at(-1) ?? ''}`);
    }
    if (result.round % 20 === 0) console.log(`${String(result.round)} of ${String(COUNT)}`);
  });
  wrong.push(...atTheEnd);
} finally {
  await stack.stop();
}

const sum = (of: (result: KillResult) => number): string => String(results.reduce((total, result) => total + of(result), 0));
const ms = (value: number): string => String(Math.round(value));
const ages = results.map(({ lostAgeMs }) => lostAgeMs ?? 0);
const back = results.map(({ backMs }) => backMs);
const holds = wrong.length === 0 && results.length === COUNT;
const summary = `${String(results.length)} kills, ${String(wrong.length)} faults`;
console.log(summary);
const body = `A real relay, a real agent, a client over the tunnel, and the stand-in for Ollama with 120 tokens a second. One to three questions are asked, in new conversations and in earlier
ones; up to 2.5 s later the agent gets SIGKILL, is started again on its state, and the client's views find it. Then each view must show every question once and in its place,
what the model said without a hole or a repeat, all that was shown ${String(OLD_MS)} ms before the kill, and *interrupted* unless the answer had ended. What was never accepted is sent again by the client and
answered once. At the end every conversation in the file is compared with what was shown, and the model's log with the questions.

| what | number |
|---|---:|
| kills | ${String(results.length)} |
| questions | ${sum(({ questions }) => questions)} |
| known to be accepted at the kill | ${sum(({ accepted }) => accepted)} |
| answers interrupted | ${sum(({ interrupted }) => interrupted)} |
| accepted messages lost, repeated or out of place | ${String(wrong.length)} |
| how long lost text had been shown, median, ms | ${ms(percentile(ages, 0.5))} |
| the same, longest, ms | ${ms(percentile(ages, 1))} |
| from the kill to whole views, median, ms | ${ms(percentile(back, 0.5))} |
| the same, longest, ms | ${ms(percentile(back, 1))} |

${wrong.length === 0 ? 'Nothing was wrong.' : wrong.map((fault) => `- ${fault}`).join('\n')}
`;
console.log(
  writeReport('kills', { title: 'SIGKILLs of the device while it streams', command: 'npm run test:long -- kills', result: summary, body }),
);
console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
process.exitCode = holds ? 0 : 1;
