import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, testDir } from './paths.mjs';

const beyondUnit = ['integration', 'sim', 'browser', 'vscode', 'live', 'long', 'load', 'bench'];

/** Integration tests that wait for time to pass, and take next to none of the processor meanwhile. */
const waiting = [
  ...['cluster', 'coldLoad', 'natsBus', 'statusTruth', 'windows'].map((name) => `test/integration/${name}.test.ts`),
  ...['disconnects', 'faults', 'halfOpen', 'kills', 'profiles'].map((name) => `test/integration/faults/${name}.test.ts`),
];

/**
 * The kinds of tests: DESIGN, section 8.
 * - `spec`, `ignore`: which files
 * - `timeoutMs`: of one test
 * - `limitMs`: of the whole suite, so that a hang is a failure with a name
 * - `coverage`: whether its Node processes are measured
 * - `inHost`: whether a part of it runs inside VS Code's extension host
 */
export const suites = {
  unit: {
    spec: ['test/**/*.test.ts'],
    ignore: [...beyondUnit.map((folder) => `test/${folder}/**`), 'test/tools/**'],
    // Far more than any needs: a machine shared with others is slow at times.
    timeoutMs: 20_000,
    limitMs: 400_000,
    coverage: true,
  },
  // Thousands of seeded runs: measuring them would cost minutes and cover what the unit tests cover.
  sim: { spec: ['test/sim/**/*.test.ts'], timeoutMs: 600_000, limitMs: 900_000, coverage: false },
  integration: { spec: ['test/integration/**/*.test.ts'], ignore: waiting, timeoutMs: 30_000, limitMs: 900_000, coverage: true },
  waiting: { spec: waiting, timeoutMs: 30_000, limitMs: 900_000, coverage: true },
  browser: { spec: ['test/browser/**/*.test.ts'], timeoutMs: 60_000, limitMs: 1_050_000, coverage: true },
  vscode: { spec: ['test/vscode/*.test.ts'], timeoutMs: 120_000, limitMs: 1_050_000, coverage: true, inHost: true },
  live: { spec: ['test/live/**/*.test.ts'], timeoutMs: 300_000, limitMs: 1_800_000, coverage: false },
};

/** Arguments for Node that run a suite, or only some of its files, under mocha. */
export function mochaArguments(name, extra = [], only = suites[name].spec) {
  const { ignore = [], timeoutMs } = suites[name];
  return [
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/mocha/bin/mocha.js'),
    ...['--reporter', join(root, 'test/harness/countReporter.ts')],
    ...['--require', join(root, 'test/harness/rootHooks.ts')],
    ...['--timeout', String(timeoutMs)],
    ...ignore.flatMap((pattern) => ['--ignore', pattern]),
    ...extra,
    ...only,
  ];
}

/** Where a suite's counts, log and coverage go. */
export function suiteFiles(name) {
  mkdirSync(testDir, { recursive: true });
  return {
    counts: join(testDir, `${name}.json`),
    log: join(testDir, `${name}.log`),
    againLog: join(testDir, `${name}-again.log`),
    hostCounts: join(testDir, `${name}-host.json`),
    hostLog: join(testDir, `${name}-host.log`),
  };
}
