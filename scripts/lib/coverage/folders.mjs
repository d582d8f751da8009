import { join } from 'node:path';
import { testDir } from '../paths.mjs';

/** Where the bundles of the demo's pages lie while they are measured, relative to the repository. */
export const demoBundles = '.run/test/demo';

/** Raw V8 coverage, by where it comes from. */
export const coverageFolders = {
  node: join(testDir, 'coverage', 'node'),
  host: join(testDir, 'coverage', 'host'),
  browser: join(testDir, 'coverage', 'browser'),
};
