// npm run check: everything that can be judged without running the product. One line a check; failures in full at the end.
// `-- --only eslint,rooms` runs some; `-- --allow-open` tolerates open lines of docs/ACCEPTANCE.md.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, main } from './lib/failure.mjs';
import { runDir } from './lib/paths.mjs';
import { inParallel, run } from './lib/run.mjs';
import { testNode } from './node24.mjs';

const allowOpen = process.argv.includes('--allow-open');
const cache = join(runDir, 'cache');

/** Longest first, so that two at a time end together. No cache for eslint: its rules look into other files' types. */
const checks = [
  {
    name: 'eslint',
    args: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'],
  },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-b', '--pretty', 'false'] },
  { name: 'knip', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
  { name: 'rooms', args: ['test/checks/rooms.mjs'] },
  {
    name: 'prettier',
    args: [
      'node_modules/prettier/bin/prettier.cjs',
      '--check',
      '--log-level',
      'warn',
      '--cache',
      '--cache-location',
      join(cache, 'prettier'),
      '.',
    ],
  },
  { name: 'acceptance', args: ['test/checks/acceptance.mjs', ...(allowOpen ? ['--allow-open'] : [])] },
  { name: 'documents', args: ['test/checks/documents.mjs'] },
  { name: 'version', args: ['test/checks/versions.mjs'] },
  { name: 'protocol', typescript: true, args: ['--disable-warning=ExperimentalWarning', 'scripts/protocolTables.ts'] },
];

await main(async () => {
  mkdirSync(cache, { recursive: true });
  const at = process.argv.indexOf('--only');
  const wanted = at === -1 ? checks.map(({ name }) => name) : (process.argv[at + 1] ?? '').split(',');
  const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0)
    throw new Failure(`No check is called ${unknown.join(', ')}.`, `One of: ${checks.map(({ name }) => name).join(', ')}`);

  const jobs = checks
    .filter(({ name }) => wanted.includes(name))
    .map(({ name, args, typescript = false }) => async () => {
      const result = await run(typescript ? testNode() : process.execPath, args);
      const note = result.code === 0 ? (result.output.trim().split('\n').at(-1) ?? '') : 'failed';
      console.log(`${result.code === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${result.seconds.toFixed(1).padStart(5)} s  ${note}`);
      return { name, ...result };
    });
  const failed = (await inParallel(jobs, 2)).filter(({ code }) => code !== 0);
  for (const { name, output } of failed) console.log(`\n--- ${name}\n${output.trim()}`);
  return failed.length === 0 ? 0 : 1;
});
