// node scripts/long.mjs <long|load|bench> [names] [--options]: the full counts of what `npm test` holds in a short form. Each file in test/long
// (test/load, test/bench) runs by itself, as NAME.ts, says what it found, and writes its report into docs/reports. From the first option on everything is theirs.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, main } from './lib/failure.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { testNode } from './node24.mjs';

const kinds = ['long', 'load', 'bench'];

/** Names of the runs of a kind: the files of its folder that end in `.run.ts`. */
function runsOf(kind) {
  return readdirSync(join(root, 'test', kind))
    .filter((file) => file.endsWith('.run.ts'))
    .map((file) => file.slice(0, -'.run.ts'.length))
    .sort();
}

await main(async () => {
  const [kind, ...rest] = process.argv.slice(2);
  const firstOption = rest.findIndex((word) => word.startsWith('-'));
  const asked = firstOption === -1 ? rest : rest.slice(0, firstOption);
  const options = firstOption === -1 ? [] : rest.slice(firstOption);
  if (!kinds.includes(kind)) throw new Failure(`No kind of runs is called ${String(kind)}.`, `One of: ${kinds.join(', ')}`);
  const known = runsOf(kind);
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Failure(`No run is called ${unknown.join(', ')}.`, `One of: ${known.join(', ')}`);
  const totals = { passed: 0, failed: 0 };
  for (const name of asked.length > 0 ? asked : known) {
    console.log(`--- ${name}`);
    const args = ['--disable-warning=ExperimentalWarning', join('test', kind, `${name}.run.ts`), ...options];
    const { code, seconds } = await run(testNode(), args, { env: { ...process.env, C2L_HOST_NODE: process.execPath }, show: true });
    totals[code === 0 ? 'passed' : 'failed']++;
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} ${seconds.toFixed(1)} s`);
  }
  console.log(`${String(totals.passed)} passed, ${String(totals.failed)} failed`);
  return totals.failed === 0 ? 0 : 1;
});
