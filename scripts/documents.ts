// Checks the tables of docs/API.md and docs/TROUBLESHOOTING.md against the code; `--write` brings them up to date, and leaves the prose to you.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/harness/paths.ts';
import { writeApi } from './lib/documents/api.ts';
import { writeTroubleshooting } from './lib/documents/troubleshooting.ts';

for (const [name, write] of [
  ['docs/API.md', writeApi],
  ['docs/TROUBLESHOOTING.md', writeTroubleshooting],
] as const) {
  const file = join(root, name);
  const now = readFileSync(file, 'utf8');
  const next = write(now);
  if (process.argv.includes('--write')) writeFileSync(file, next);
  else if (now !== next) {
    console.error(`${name} is not as the code has it. Bring it up to date with: npm run documents`);
    process.exitCode = 1;
  }
}
