import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import Mocha from 'mocha';
import { root } from './paths.ts';

/** What a run writes to the file `C2L_TEST_COUNTS`. A pending test did not run, so it counts as neither. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
  readonly failures: readonly TestFailure[];
  /** Passed tests of each file, where the run knows files. */
  readonly passedOf?: Readonly<Record<string, number>>;
}

/** A red test or hook. */
export interface TestFailure {
  readonly title: string;
  readonly message: string;
  /** From the root of the repository; none for a hook of all files. */
  readonly file?: string;
}

/** Mocha's `spec` report for people, and counts for `npm test`. */
class CountReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const passedOf: Record<string, number> = {};
    runner.on('pass', ({ file }) => {
      if (file !== undefined) passedOf[relative(root, file)] = (passedOf[relative(root, file)] ?? 0) + 1;
    });
    runner.once('end', () => {
      const path = process.env['C2L_TEST_COUNTS'];
      if (path === undefined) return;
      const { passes, pending } = this.stats;
      const red = this.failures.map((test) => ({
        title: test.fullTitle(),
        message: test.err?.message ?? '',
        ...(test.file === undefined ? {} : { file: relative(root, test.file) }),
      }));
      const failures = [...red, ...(runner.total === runner.suite.total() ? leftOut(runner.suite, red) : [])];
      const counts: TestCounts = { passed: passes, failed: failures.length, pending, failures, passedOf };
      writeFileSync(path, JSON.stringify(counts, null, 1));
      endThoughOpen();
    });
  }
}

/** A failure for each file with tests that did not run although nothing of it is red: a run must not become green by leaving out. Not of runs that `--grep` narrows. */
function leftOut(suite: Mocha.Suite, red: readonly TestFailure[]): TestFailure[] {
  const count = new Map<string, number>();
  suite.eachTest(({ state, file = '' }) => {
    if (state === undefined) count.set(file, (count.get(file) ?? 0) + 1);
  });
  return [...count]
    .map(([path, tests]) => ({ title: relative(root, path), message: `${String(tests)} tests did not run`, file: relative(root, path) }))
    .filter(({ file }) => !red.some((failure) => failure.file === file));
}

/** Something left open would keep this process running until the limit of its suite. The timer itself does not. */
function endThoughOpen(): void {
  setTimeout(() => {
    console.error('The tests have ended but something they left open keeps this process running.');
    process.exit(1);
  }, 3_000).unref();
}

// Mocha takes a reporter as the default export of its file.
// eslint-disable-next-line no-restricted-syntax -- see above
export default CountReporter;
