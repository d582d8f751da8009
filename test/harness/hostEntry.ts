import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import type { TestCounts } from './countReporter.ts';

/**
 * VS Code calls this inside the extension host; a rejection makes the exit code 1. `C2L_TEST_OUTPUT` names a file for the report, because
 * the console is mixed with the workbench's own log; `C2L_TEST_GREP` selects tests; `C2L_TEST_COUNTS` names a file for the counts.
 */
export function run(): Promise<void> {
  const output = process.env['C2L_TEST_OUTPUT'];
  if (output !== undefined) {
    Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => {
      appendFileSync(output, `${format(...parts)}\n`);
    };
  }
  const grep = process.env['C2L_TEST_GREP'];
  const mocha = new Mocha({ ui: 'bdd', timeout: 20_000, color: false, ...(grep === undefined || grep === '' ? {} : { grep }) });
  const suites = join(__dirname, 'suites');
  for (const file of readdirSync(suites)) if (file.endsWith('.cjs')) mocha.addFile(join(suites, file));
  return new Promise((resolve, reject) => {
    const failures: TestCounts['failures'][number][] = [];
    const runner = mocha.run((failed) => {
      writeCounts({ passed: runner.stats?.passes ?? 0, failed, pending: runner.stats?.pending ?? 0, failures });
      if (failed === 0) resolve();
      else reject(new Error(`${String(failed)} tests failed`));
    });
    runner.on('fail', (test, error: Error) => failures.push({ title: test.fullTitle(), message: error.message }));
  });
}

function writeCounts(counts: TestCounts): void {
  const file = process.env['C2L_TEST_COUNTS'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(counts, null, 1));
}
