import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Pictures, logs and counts of a test run; ignored by git. */
export const artefacts = join(root, '.run', 'test');
