import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { run } from './run.mjs';

/**
 * Whether `node_modules` in `folder` holds what its lockfile asks for, by the hidden lockfile that npm writes when it has finished.
 * Packages for other platforms may be missing.
 */
export function packagesAreCurrent(folder) {
  const wanted = readPackages(join(folder, 'package-lock.json'));
  const present = readPackages(join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    const found = present[path];
    return found ? found.version === entry.version : entry.optional === true || entry.devOptional === true;
  });
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

/** Installs a folder's packages exactly as locked. @returns whether anything had to be done */
export async function ensurePackages(folder) {
  if (packagesAreCurrent(folder)) return false;
  await npm(folder, ['ci', '--ignore-scripts', '--no-fund', '--no-audit']);
  return true;
}

/** Runs npm in `folder`. @throws Failure with npm's last words */
export async function npm(folder, args) {
  const { code, output } = await run('npm', args, { cwd: folder });
  if (code !== 0)
    throw new Failure(
      `npm ${args.join(' ')} failed in ${folder}:\n${output.slice(-2000)}`,
      `Run it by hand: cd ${folder} && npm ${args.join(' ')}`,
    );
}
