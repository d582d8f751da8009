// npm run pictures: draws the contact sheets in docs/pictures/ anew, from the real page and the real editor with what is built in dist/.
import { spawnSync } from 'node:child_process';
import { main } from './lib/failure.mjs';
import { root } from './lib/paths.mjs';
import { testNode } from './node24.mjs';

await main(async () => {
  const args = ['--disable-warning=ExperimentalWarning', 'scripts/pictures.ts', ...process.argv.slice(2)];
  const env = { ...process.env, C2L_HOST_NODE: process.execPath };
  return spawnSync(testNode(), args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
});
