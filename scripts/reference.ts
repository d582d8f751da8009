// Checks the tables of docs/REFERENCE.md against package.json and the code; `--write` brings them up to date, and leaves the prose to you.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '../test/fakes/vscodeModule.ts';
import { root } from '../test/harness/paths.ts';
import { writeReference } from './lib/reference.ts';
const { initialContext } = await import('../src/views/contextKeys.ts');

const file = join(root, 'docs', 'REFERENCE.md');
const now = readFileSync(file, 'utf8');
const next = writeReference(now, Object.keys(initialContext));
if (process.argv.includes('--write')) writeFileSync(file, next);
else if (now !== next) {
  console.error('docs/REFERENCE.md is not as package.json has it. Bring it up to date with: npm run documents');
  process.exitCode = 1;
}
