import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What a run writes to the file `C2L_TEST_COUNTS`. A pending test did not run, so it counts as neither. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

/** Mocha's `spec` report for people, and counts for `npm test`. */
class CountReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env['C2L_TEST_COUNTS'];
      if (file === undefined) return;
      const { passes, failures, pending } = this.stats;
      const counts: TestCounts = {
        passed: passes,
        failed: failures,
        pending,
        failures: this.failures.map((test) => ({ title: test.fullTitle(), message: test.err?.message ?? '' })),
      };
      writeFileSync(file, JSON.stringify(counts, null, 1));
      endThoughOpen();
    });
  }
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
