// npm run bench -- paths [--only a,b] [--paths a,b] [--reps 5] [--quick] [--profile] [--no-realtime] [--app FOLDER]: every path from client to
// model side by side, in one interleaved run. Writes .run/bench/paths-*.jsonl and, in its full form, docs/reports/bench.md.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeReport } from '../../scripts/lib/report.mjs';
import { root } from '../harness/paths.ts';
import { judge, pathGoals, rowOf } from './lib/goals.ts';
import { readOptions } from './lib/options.ts';
import { canBeRealtime } from './lib/realtime.ts';
import { reportBody } from './lib/reportBody.ts';
import { Results } from './lib/results.ts';
import { ScenarioRunner } from './lib/runScenarios.ts';
import { Site } from './lib/site.ts';
import { ownPaths, panel } from './peers/ownPaths.ts';
import { direct, naive, nginx, pipes, ssh } from './peers/plainPaths.ts';
import { runDeviceScenarios } from './scenarios/deviceScenarios.ts';
import { pathScenarios } from './scenarios/pathScenarios.ts';
import { RecoveryScenario } from './scenarios/recovery.ts';

const options = readOptions(process.argv.slice(2));
const started = performance.now();
const folder = join(process.env['C2L_RUN_DIR'] ?? join(root, '.run'), 'bench');
mkdirSync(folder, { recursive: true });
const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
const jsonLines = join(folder, `paths-${stamp}.jsonl`);
const results = new Results(jsonLines);

const wants = (name: string): boolean => options.only === undefined || options.only.includes(name);
const scenarios = pathScenarios(options.quick).filter(({ name }) => wants(name));
const everyPath = [direct, nginx, pipes, ssh, naive, ...ownPaths(), panel];
const paths = everyPath.filter(({ name }) => options.paths === undefined || options.paths.includes(name));

const site = await Site.start({ app: options.app, ...(options.profile ? { profileFolder: folder } : {}) });
try {
  const runner = new ScenarioRunner(site, paths, scenarios, results, options);
  await runner.start();
  for (const [name, reason] of site.missing) console.log(`missing: ${name}: ${reason}`);
  if (!options.quick) await runner.warmUp();
  const recovery = wants('recovery') && (options.paths?.includes('page') ?? true) ? await RecoveryScenario.start(site) : undefined;
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    await runner.repeat(repetition);
    if (!recovery) continue;
    const { figures, faults } = await recovery.run();
    results.add({
      scenario: 'recovery',
      path: 'page',
      repetition,
      measured: { figures, faults, groups: [], cpu: {}, noise: { waitMs: 0, foreign: 0 } },
    });
    console.log(`${String(repetition + 1)} recovery        page    ${JSON.stringify(figures)} ${faults.join('; ')}`);
  }
  await recovery?.stop();
} finally {
  await site.stop();
}
const devices = options.quick || !wants('devices') ? [] : await runDeviceScenarios(options.repetitions);

const judged = pathGoals.map((goal) => judge(goal, results));
const minutes = (performance.now() - started) / 60_000;
const missedMusts = [
  ...judged.filter(({ must }) => must === 'missed').map(({ goal }) => goal.words),
  ...devices.filter(({ isMissed }) => isMissed).map(({ words }) => words),
];
for (const fault of results.faults) console.log(`FAULT ${fault}`);
if (!options.quick) {
  for (const one of judged) if (one.spread.count > 0) console.log(rowOf(one));
  for (const words of missedMusts) console.log(`MISSED ${words}`);
}
const isWhole = !options.quick && options.only === undefined && options.paths === undefined && options.app === undefined;
if (isWhole) {
  const body = reportBody({
    results,
    judged,
    devices,
    paths,
    missing: site.missing,
    scenarios,
    options,
    minutes,
    isRealtime: options.realtime && canBeRealtime,
  });
  const outcome = missedMusts.length === 0 ? 'every must is met' : `musts missed: ${String(missedMusts.length)}`;
  const exact = results.faults.length === 0 ? 'every answer exact' : `faults: ${String(results.faults.length)}`;
  console.log(
    writeReport('bench', { title: 'The tunnel beside its peers', command: 'npm run bench -- paths', result: `${outcome}; ${exact}`, body }),
  );
}
console.log(`${String(results.runs.length)} runs, ${String(results.faults.length)} faults, ${minutes.toFixed(1)} minutes`);
process.exitCode = results.faults.length > 0 || (!options.quick && missedMusts.length > 0) ? 1 : 0;
