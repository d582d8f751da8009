// Checks the generated parts of docs/PROTOCOL.md against the code; `--write` brings them up to date. Needs a Node that runs TypeScript.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/harness/paths.ts';
import { writeGenerated } from './lib/protocol/document.ts';

const file = join(root, 'docs', 'PROTOCOL.md');
const now = readFileSync(file, 'utf8');
const next = await writeGenerated(now);
if (process.argv.includes('--write')) {
  writeFileSync(file, next);
} else if (now === next) {
  console.log('tables, diagrams and golden bytes are those of the code');
} else {
  const lines = next.split('\n');
  const at = now.split('\n').findIndex((line, index) => line !== lines[index]);
  console.error(`docs/PROTOCOL.md, line ${String(at + 1)}: not as the code has it. The code says: ${lines[at] ?? ''}`);
  console.error('Bring it up to date with: npm run documents');
  process.exitCode = 1;
}
