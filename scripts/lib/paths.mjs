import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** State of development runs; ignored by git, safe to delete. */
export const runDir = process.env.C2L_RUN_DIR ?? join(root, '.run');

/** Logs, counts, pictures and coverage of `npm test`. */
export const testDir = join(runDir, 'test');

export const toolsDir = join(root, 'test', 'tools');
