// npm run documents: brings the tables of docs/API.md, TROUBLESHOOTING.md, REFERENCE.md and PROTOCOL.md up to date with the code. Their words stay.
import { spawnSync } from 'node:child_process';
import { main } from './lib/failure.mjs';
import { root } from './lib/paths.mjs';
import { testNode } from './node24.mjs';

await main(async () => {
  for (const script of ['documents', 'reference', 'protocolTables']) {
    const args = ['--disable-warning=ExperimentalWarning', `scripts/${script}.ts`, '--write'];
    const status = spawnSync(testNode(), args, { cwd: root, stdio: 'inherit' }).status ?? 1;
    if (status !== 0) return status;
  }
  return 0;
});
