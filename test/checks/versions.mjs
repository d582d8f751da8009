// Checks that package.json and src/protocol/versions.ts name the same version.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../scripts/lib/failure.mjs';
import { root } from '../../scripts/lib/paths.mjs';

await main(() => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const source = readFileSync(join(root, 'src/protocol/versions.ts'), 'utf8');
  const inSource = /PRODUCT_VERSION = '([^']+)'/.exec(source)?.[1];
  if (inSource !== version) {
    console.error(`package.json says ${String(version)}, src/protocol/versions.ts says ${String(inSource)}`);
    return 1;
  }
  console.log(version);
  return 0;
});
