// node scripts/suite.mjs <unit|sim|integration|waiting|browser|vscode|live> [mocha options]: one kind of tests, shown as it runs.
import { Failure, main } from './lib/failure.mjs';
import { runSuite } from './lib/runSuite.mjs';
import { suites } from './lib/suites.mjs';

await main(async () => {
  const [name, ...extra] = process.argv.slice(2);
  if (name === undefined || !(name in suites))
    throw new Failure(`No kind of tests is called ${String(name)}.`, `One of: ${Object.keys(suites).join(', ')}`);
  const { passed, failed } = await runSuite(name, { extra, show: true, coverage: process.env.C2L_COVERAGE === '1' });
  console.log(`${String(passed)} passed, ${String(failed)} failed`);
  return failed === 0 ? 0 : 1;
});
