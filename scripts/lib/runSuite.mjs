import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { testNode } from '../node24.mjs';
import { coverageFolders } from './coverage/folders.mjs';
import { root } from './paths.mjs';
import { run } from './run.mjs';
import { mochaArguments, suiteFiles, suites } from './suites.mjs';

/**
 * Runs one kind of tests.
 * @param {string} name a key of `suites`
 * @param {{
 *   extra?: readonly string[], env?: NodeJS.ProcessEnv, coverage?: boolean, show?: boolean, givesWay?: boolean, only?: readonly string[],
 * }} [options] `only`: these files of it, by their paths from the root, and nothing inside the extension host
 * @returns {Promise<{
 *   passed: number, failed: number, seconds: number, output: string, ended: boolean,
 *   failures: readonly { title: string, message: string, file?: string }[], passedOf: Readonly<Record<string, number>>,
 * }>} `failed` is at least 1 when the run itself broke; `ended` tells whether red tests alone made it red
 */
export async function runSuite(name, { extra = [], env = process.env, coverage = false, show = false, givesWay = false, only } = {}) {
  const suite = suites[name];
  const files = suiteFiles(name);
  const node = testNode();
  const measured = coverage && suite.coverage;
  const shared = {
    ...env,
    // The relay is tested on the Node at hand, which may be older than the one that runs the tests.
    C2L_HOST_NODE: process.execPath,
    ...(measured ? { C2L_BROWSER_COVERAGE: coverageFolders.browser } : {}),
    ...(measured && suite.inHost ? { C2L_HOST_COVERAGE: coverageFolders.host } : {}),
  };
  const parts = [];
  if (only === undefined && suite.inHost && existsSync(join(root, 'test', name, 'host'))) {
    const host = { ...shared, C2L_TEST_COUNTS: files.hostCounts };
    const args = ['--disable-warning=ExperimentalWarning', join(root, 'test/harness/runHost.ts')];
    parts.push(await runPart(node, args, files.hostCounts, { env: host, log: files.hostLog, show, givesWay, timeoutMs: suite.limitMs }));
  }
  const own = {
    ...shared,
    C2L_TEST_COUNTS: files.counts,
    ...(measured ? { NODE_V8_COVERAGE: coverageFolders.node } : {}),
  };
  const log = only === undefined ? files.log : files.againLog;
  const args = mochaArguments(name, extra, only);
  parts.push(await runPart(node, args, files.counts, { env: own, log, show, givesWay, timeoutMs: suite.limitMs }));
  return {
    passed: sum(parts, 'passed'),
    failed: sum(parts, 'failed'),
    seconds: sum(parts, 'seconds'),
    failures: parts.flatMap((part) => part.failures),
    passedOf: Object.assign({}, ...parts.map((part) => part.passedOf)),
    ended: parts.every((part) => part.ended),
    output: parts
      .filter((part) => part.failed > 0)
      .map((part) => failuresOf(part.output))
      .join('\n'),
  };
}

/** What `run` says of a command that it ended. */
const TIMED_OUT = 124;

async function runPart(node, args, countsFile, options) {
  rmSync(countsFile, { force: true });
  const { code, output, seconds } = await run(node, args, options);
  const isCounted = existsSync(countsFile);
  const counts = isCounted ? JSON.parse(readFileSync(countsFile, 'utf8')) : { passed: 0, failed: 0, failures: [] };
  // A run that ends badly, or without counts, and without a failed test broke outside of its tests: that counts as one failure.
  const failed = (code !== 0 || !isCounted) && counts.failed === 0 ? 1 : counts.failed;
  const { passed, failures, passedOf = {} } = counts;
  return { passed, failed, seconds, output, failures, passedOf, ended: failed === counts.failed && code !== TIMED_OUT };
}

/** What mocha prints after its list of tests, or everything when it did not come that far. */
function failuresOf(output) {
  const at = output.search(/^ +\d+ passing/m);
  return at === -1 ? output : output.slice(at);
}

function sum(parts, key) {
  return parts.reduce((total, part) => total + part[key], 0);
}
