import { join } from 'node:path';
import { testDir } from '../paths.mjs';

/** Raw V8 coverage, by where it comes from. */
export const coverageFolders = {
  node: join(testDir, 'coverage', 'node'),
  host: join(testDir, 'coverage', 'host'),
  browser: join(testDir, 'coverage', 'browser'),
};
