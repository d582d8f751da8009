// npm test: set-up, build, checks, all kinds of tests, coverage, and a look at what was left behind. Cheapest first, stops at the first
// red stage. Files of tests that run against the clock get a second run, alone, and it is said which. `-- --only unit,sim` runs some stages; `-- --min 90` sets the coverage to hold; `-- --allow-open` as in npm run check.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { coverageFolders } from './lib/coverage/folders.mjs';
import { Failure, main } from './lib/failure.mjs';
import { LeakWatch } from './lib/leaks.mjs';
import { root, testDir } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { runSuite } from './lib/runSuite.mjs';
import { afterSecondRun, filesToRunAgain, redLines } from './lib/secondRun.mjs';
import { setUp } from './setup.mjs';

/** Coverage of lines, branches and functions to hold, in per cent, unless `--min` says otherwise. */
const minimumCoverage = 90;

const suiteStages = ['unit', 'sim', 'integration', 'waiting', 'vscode', 'browser'];
const stages = ['build', 'check', ...suiteStages, 'coverage', 'leaks'];

/** What shares the two processors: some only wait, for a browser or a clock. The order within is no matter. */
const sideBySide = [
  ['check', 'unit'],
  ['sim', 'integration', 'waiting'],
  ['vscode', 'browser'],
];
/** Only computes, and no clock is asked how long it took: gives way to the tests beside it. */
const givesWay = ['check', 'sim'];

/** What runs after what; most of it alone. */
function turnsOf(wanted) {
  const groups = stages.map((name) => sideBySide.find((group) => group.includes(name)) ?? [name]);
  return [...new Set(groups)].map((group) => group.filter((name) => wanted.includes(name))).filter((group) => group.length > 0);
}

function option(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
}

function wantedStages() {
  const wanted = option('only')?.split(',') ?? stages;
  const unknown = wanted.filter((name) => !stages.includes(name));
  if (unknown.length > 0) throw new Failure(`No stage is called ${unknown.join(', ')}.`, `One of: ${stages.join(', ')}`);
  return stages.filter((name) => wanted.includes(name));
}

/** Runs a script as a stage. @returns the same shape as a suite; its last line becomes the note */
async function script(name, args, env) {
  const { code, output, seconds } = await run(process.execPath, args, {
    env,
    log: join(testDir, `${name}.log`),
    givesWay: givesWay.includes(name),
  });
  return { failed: code === 0 ? 0 : 1, seconds, output, note: code === 0 ? (output.trim().split('\n').at(-1) ?? '') : 'failed' };
}

async function suite(name, env, coverage, only) {
  const extra = ['--forbid-only', '--forbid-pending'];
  const result = await runSuite(name, { env, coverage, extra, givesWay: givesWay.includes(name), only });
  return { ...result, note: `${String(result.passed)} passed${result.failed === 0 ? '' : `, ${String(result.failed)} failed`}` };
}

async function leaks(watch) {
  const left = await watch.find();
  return {
    failed: left.length === 0 ? 0 : 1,
    seconds: 0,
    output: left.join('\n'),
    note: left.length === 0 ? 'no process, port or temporary file left' : 'something is left',
  };
}

function stageRunner(watch, env, wanted) {
  return (name, only) => {
    if (name === 'build') return script(name, ['esbuild.mjs'], env);
    if (name === 'check')
      return script(name, ['scripts/check.mjs', ...(process.argv.includes('--allow-open') ? ['--allow-open'] : [])], env);
    if (name === 'coverage') return script(name, ['scripts/coverage.mjs', '--min', option('min') ?? String(minimumCoverage)], env);
    if (name === 'leaks') return leaks(watch);
    return suite(name, env, wanted.includes('coverage'), only);
  };
}

await main(async () => {
  const wanted = wantedStages();
  const started = performance.now();
  mkdirSync(testDir, { recursive: true });
  const env = wanted.every((name) => name === 'leaks')
    ? {}
    : { CHROMIUM: (await setUp((line) => console.log(`set-up       ${line}`))).chromium };
  if (wanted.includes('coverage')) for (const folder of Object.values(coverageFolders)) rmSync(folder, { recursive: true, force: true });
  const watch = new LeakWatch();
  const runStage = stageRunner(watch, { ...watch.env, ...env }, wanted);
  const totals = { passed: 0, failed: 0 };
  const done = [];
  const red = [];
  let redOnce = 0;
  try {
    const line = (word, name, { seconds, note }) =>
      console.log(`${word.padEnd(4)} ${name.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s  ${note}`);
    const first = async (name) => {
      const result = await runStage(name);
      const files = result.failed === 0 ? [] : filesToRunAgain(name, result);
      line(result.failed === 0 ? 'ok' : files.length > 0 ? 'red' : 'FAIL', name, result);
      if (result.failed > 0) for (const text of redLines(result.failures ?? [])) console.log(text);
      return { name, result, files };
    };
    const second = async ({ name, result, files }) => {
      if (files.length === 0) return { name, result };
      console.log(`     once more, alone: ${files.join(', ')}`);
      const again = await runStage(name, files);
      line(again.failed === 0 ? 'ok' : 'FAIL', name, again);
      if (again.failed === 0) redOnce += result.failed;
      return { name, result: afterSecondRun(result, again, files) };
    };
    for (const names of turnsOf(wanted)) {
      for (const run of await Promise.all(names.map(first))) {
        const { name, result } = await second(run);
        totals.passed += result.passed ?? 0;
        totals.failed += result.failed;
        done.push(name);
        if (result.failed > 0) red.push({ name, output: result.output });
      }
      if (red.length > 0) break;
    }
  } finally {
    watch.clean();
  }
  const notRun = stages.filter((name) => !done.includes(name));
  if (notRun.length > 0) console.log(`not run: ${notRun.join(', ')}`);
  for (const { name, output } of red) console.log(`\n--- ${name}\n${output.trim()}`);
  if (red.length > 0) console.log(`\nlogs, pictures and traces: ${relative(root, testDir)}/`);
  const minutes = (performance.now() - started) / 60_000;
  writeFileSync(join(testDir, 'summary.json'), `${JSON.stringify({ ...totals, redOnce, minutes, stages: done, notRun }, null, 2)}\n`);
  console.log(`${minutes.toFixed(1)} minutes`);
  if (redOnce > 0) console.log(`${String(redOnce)} red at first and green alone: named above`);
  console.log(`${String(totals.passed)} passed, ${String(totals.failed)} failed`);
  return totals.failed === 0 ? 0 : 1;
});
