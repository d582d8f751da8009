// node scripts/coverage.mjs [--min 90]: one table for src/ of what the last measured `npm test` ran in Node, in the extension host and in pages.
// `--only node,host` joins some of the three. Also writes lcov and a page to read into .run/test/coverage/report/.
import { join } from 'node:path';
import { CoverageReport } from 'monocart-coverage-reports';
import { coverageFolders } from './lib/coverage/folders.mjs';
import { addCounts } from './lib/coverage/istanbul.mjs';
import { CoverageReader } from './lib/coverage/readCoverage.mjs';
import { Failure, main } from './lib/failure.mjs';
import { testDir } from './lib/paths.mjs';

const gated = ['lines', 'branches', 'functions'];

function option(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
}

await main(async () => {
  const kinds = option('only')?.split(',') ?? Object.keys(coverageFolders);
  const report = new CoverageReport({
    name: 'CloudToLocalLLM',
    outputDir: join(testDir, 'coverage', 'report'),
    reports: ['console-details', 'lcovonly', ['html', { subdir: 'html' }], 'json-summary'],
    logging: 'error',
    cleanCache: true,
  });
  const reader = new CoverageReader();
  const totals = new Map([...reader.untouched()].map((record) => [record.path, record]));
  let records = 0;
  for (const kind of kinds) {
    for (const record of reader.read(coverageFolders[kind])) {
      records += 1;
      const total = totals.get(record.path);
      if (total) addCounts(total, record);
    }
  }
  if (records === 0) throw new Failure('Nothing was measured.', 'Run: npm test, or C2L_COVERAGE=1 npm run test:unit');
  await report.add(Object.fromEntries(totals));
  const { summary } = await report.generate();
  if (reader.torn > 0) console.log(`left out: ${String(reader.torn)} processes that were killed while they wrote what they had run`);
  const minimum = Number(option('min') ?? 0);
  const low = gated.filter((metric) => summary[metric].pct < minimum);
  const figures = gated.map((metric) => `${metric} ${String(summary[metric].pct)} %`).join(', ');
  console.log(
    `coverage: ${figures}${minimum === 0 ? '' : `; at least ${String(minimum)} % each: ${low.length === 0 ? 'held' : `missed by ${low.join(', ')}`}`}`,
  );
  return low.length === 0 ? 0 : 1;
});
